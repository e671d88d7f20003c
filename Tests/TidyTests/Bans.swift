/// Words that stand nowhere in `Sources` and `Pipelines`, but in their homes.
enum Bans {
    static let words = [
        ("Task {", "a task group: an unstructured task leaves the simulation"),
        ("Task(", "a task group: an unstructured task leaves the simulation"),
        ("Task.init", "a task group: an unstructured task leaves the simulation"),
        ("Task.detached", "a task group: a detached task leaves the simulation"),
        ("Task.sleep", "the injected clock"),
        ("ContinuousClock", "the injected clock"),
        ("SuspendingClock", "the injected clock"),
        ("Date()", "the injected clock"),
        ("Date.now", "the injected clock"),
        ("UUID()", "the injected randomness"),
        ("SystemRandomNumberGenerator", "the injected randomness"),
        ("@unchecked Sendable", "Mutex, or an actor"),
        ("nonisolated(unsafe)", "Mutex, or an actor"),
        ("fatalError(", "preconditionFailure for our bugs, a thrown error for theirs"),
        ("try!", "a typed throw"),
        ("as!", "a type that fits"),
        ("print(", "Log, or the command's Console"),
        ("debugPrint(", "Log, or the command's Console"),
        ("Double(bitPattern", "integers: no float comes near money"),
    ]

    /// Words that a pure target (layer 1) does not need.
    static let wordsInPureTargets = [
        ("async", "nothing asynchronous: decide in a value"),
        ("await", "nothing asynchronous: decide in a value"),
        ("Mutex", "no lock: decide in a value"),
        ("actor", "no actor: decide in a value"),
    ]

    /// Who may use a banned word, and why.
    static let exceptions: [(path: String, word: String, reason: String)] = [
        (
            "Sources/Checkpoints/CheckpointSigner.swift", "async",
            "a signer may be a service: the protocol says so, and nothing waits by itself"
        ),
        (
            "Sources/Checkpoints/Ed25519Signer.swift", "async",
            "a signer may be a service: the protocol says so, and nothing waits by itself"
        ),
        (
            "Sources/Checkpoints/FailingSigner.swift", "async",
            "a signer may be a service: the protocol says so, and nothing waits by itself"
        ),
        (
            "Sources/Checkpoints/SignedCheckpoint.swift", "async",
            "a signer may be a service: the protocol says so, and nothing waits by itself"
        ),
        (
            "Sources/Checkpoints/SignedCheckpoint.swift", "await",
            "a signer may be a service: the protocol says so, and nothing waits by itself"
        ),
        (
            "Sources/Cryptography/KeyHandle.swift", "nonisolated(unsafe)",
            "libcrypto lets threads share a key that nobody changes"
        ),
        (
            "Sources/StreamsTesting/SimulatedNode.swift", "Task(",
            "the root of a simulated node: everything below it is on the node's executor"
        ),
        (
            "Sources/Assembly/Runtime+Live.swift", "ContinuousClock",
            "the runtime that everything else is given is made here"
        ),
        (
            "Sources/Assembly/Runtime+Live.swift", "SystemRandomNumberGenerator",
            "the runtime that everything else is given is made here"
        ),
        (
            "Sources/Streams/Runtime/BlockingExecutor.swift", "DispatchQueue",
            "the executor of everything that blocks"
        ),
    ]

    static func problems(
        of file: SourceFile,
        exceptions: [(path: String, word: String, reason: String)] = Bans.exceptions
    ) -> [String] {
        let isPure = Walls.layers[1].contains(file.module)
        let banned = words + (isPure ? wordsInPureTargets : [])
        return zip(file.code, 1...).flatMap { line, number -> [String] in
            let found = banned.filter { word, _ in
                contains(line, word)
                    && !exceptions.contains { $0.path == file.path && $0.word == word }
            }
            var problems = found.map { word, instead in
                "\(file.path):\(number): '\(word)' is banned, use \(instead)"
            }
            if usesHiddenRandomness(line) {
                problems.append("\(file.path):\(number): random without 'using:' is banned")
            }
            return problems
        } + emptyCatches(in: file)
    }

    /// Whether `word` stands in `line`, not as the end or the beginning of a longer name.
    private static func contains(_ line: String, _ word: String) -> Bool {
        line.ranges(of: word).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let continues = word.last.map(isOfName) == true && after.map(isOfName) == true
            return !continues && before.map(isOfName) != true && before != "."
        }
    }

    private static func isOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func usesHiddenRandomness(_ line: String) -> Bool {
        let calls = [".random(in:", ".randomElement()", ".shuffled()", ".shuffle()"]
        return calls.contains { line.contains($0) } && !line.contains("using:")
    }

    private static func emptyCatches(in file: SourceFile) -> [String] {
        // Of lines as they are: a comment in the braces says why nothing is done.
        zip(file.lines, 1...).compactMap { line, number in
            line.contains(/catch\s*\{\s*\}/)
                ? "\(file.path):\(number): an empty catch hides an error" : nil
        }
    }
}
