import Testing

/// Each rule finds what it is for, on small sources that break it: a rule that cannot fail is none.
@Suite struct TidyRulesTests {
    @Test func readsCodeApartFromCommentsAndTexts() {
        let text = ##"""
            let a = "print(" // print(
            let b = "x \(f("y" + g(1))) z" + #"\("# /* a /* b */ c */ + c
            let d = """
                fatalError("
                """ + e
            """##
        let code = SourceFile(path: "a.swift", text: text).code.map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(code == ["let a =", "let b = (f( + g(1))) + + c", "let d =", "", "+ e"])
    }

    @Test(arguments: [
        ("Sources/Merkle/A.swift", "import Streams", "layer 1 may not import 'Streams' of layer 2"),
        ("Sources/Merkle/A.swift", "import Synchronization", "a pure layer has no lock"),
        ("Sources/Events/A.swift", "import Merkle", "layer 1 may not import 'Merkle' of layer 1"),
        ("Sources/Streams/A.swift", "import Foundation", "Foundation stands only"),
        ("Sources/Streams/A.swift", "import Glibc", "Glibc stands only"),
        ("Sources/Streams/A.swift", "import Dispatch", "Dispatch stands only"),
        ("Sources/StreamsTesting/A.swift", "import Testing", "no test framework"),
        ("Sources/Streams/A.swift", "import Logging", "neither ours nor the toolchain's"),
        ("Sources/Elsewhere/A.swift", "", "in no layer"),
        ("Sources/Merkle/A.swift", "private import COpenSSL", "belongs to [\"Cryptography\"]"),
        ("Sources/Cryptography/A.swift", "import COpenSSL", "write 'private import COpenSSL'"),
        ("Sources/Cryptography/A.swift", "public import COpenSSL", "write 'private import"),
        ("Sources/StreamsEmbedded/A.swift", "import LedgersEmbedded", "layer 3 may not import"),
    ])
    func findsAWallThatIsCrossed(path: String, text: String, problem: String) {
        let problems = Walls.problems(of: SourceFile(path: path, text: text))
        #expect(problems.count == 1 && problems.allSatisfy { $0.contains(problem) })
    }

    @Test(arguments: [
        ("Sources/Merkle/A.swift", "public import Cryptography"),
        ("Sources/Checkpoints/A.swift", "import Merkle\n// import Streams"),
        ("Sources/Cryptography/A.swift", "private import COpenSSL"),
        ("Sources/LedgersEmbedded/A.swift", "import StreamsEmbedded\nprivate import Glibc"),
        ("Sources/StreamsEmbedded/BlockingExecutor.swift", "import Dispatch"),
        ("Pipelines/Caracal/A.swift", "import Foundation\nimport struct Events.Money"),
    ])
    func letsPassWhatIsAllowed(path: String, text: String) {
        #expect(Walls.problems(of: SourceFile(path: path, text: text)) == [])
    }

    @Test(arguments: [
        "Task { await f() }", "Task(priority: .low) { }", "Task.detached { }",
        "try await Task.sleep(for: x)",
        "let clock = ContinuousClock()", "let now = Date()", "let id = UUID()",
        "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1",
        "fatalError(\"no\")", "let a = try! f()", "let a = b as! C", "print(a)",
        "Int.random(in: 1...6)", "a.shuffled()", "do { try f() } catch {}",
    ])
    func findsABannedWord(line: String) {
        let file = SourceFile(path: "Sources/Streams/A.swift", text: line)
        #expect(Bans.problems(of: file).count == 1)
        let exceptions = Bans.words.map { ("Sources/Streams/A.swift", $0.0, "") }
        let excepted = Bans.problems(of: file, exceptions: exceptions)
        #expect(excepted.allSatisfy { $0.contains("random") || $0.contains("catch") })
    }

    @Test(arguments: [
        "// Task { }", "let a = \"print(\"", "log.print(a)", "blueprint(a)",
        "group.addTask { f() }",
        "Int.random(in: 1...6, using: &random)", "Task.isCancelled", "let a = b as? C",
    ])
    func findsNothingWhereNothingIs(line: String) {
        let file = SourceFile(path: "Sources/Streams/A.swift", text: line)
        #expect(Bans.problems(of: file) == [])
    }

    @Test func keepsThePureLayerPure() {
        let text = "func a() async { await b() }\nlet c = Mutex(1)\nactor D {}"
        let file = SourceFile(path: "Sources/Merkle/A.swift", text: text)
        #expect(Bans.problems(of: file).count == 4)
        let other = SourceFile(path: "Sources/Streams/A.swift", text: text)
        #expect(Bans.problems(of: other) == [])
    }

    @Test func findsPublicTypesWithoutADocstring() {
        let text = """
            /// Documented.
            @frozen
            public struct A {
                public enum B {}
                // Only a comment.
                public final class C {}
            }
            ///
            public protocol D {}
            struct E {}
            """
        let file = SourceFile(path: "Sources/Merkle/A.swift", text: text)
        #expect(
            Shapes.bareTypes(in: file) == [
                "Sources/Merkle/A.swift:4: public type 'B' has no docstring",
                "Sources/Merkle/A.swift:6: public type 'C' has no docstring",
                "Sources/Merkle/A.swift:9: public type 'D' has no docstring",
            ]
        )
    }

    @Test func findsLongFilesAndTypesOfC() {
        let long = String(repeating: "\n", count: 500)
        #expect(Shapes.problems(of: SourceFile(path: "a/b/c.swift", text: long)).count == 1)
        #expect(
            Shapes.problems(of: SourceFile(path: "a/b/c.swift", text: String(long.dropLast())))
                == []
        )
        let text = """
            public func a(_ pid: pid_t) {}
            package let b: OpaquePointer
            private let c: OpaquePointer
            public func status() {}
            """
        #expect(Shapes.problems(of: SourceFile(path: "a/b/c.swift", text: text)).count == 2)
    }

    @Test func findsTargetsWithoutAParagraph() {
        let manifest = Manifest(
            """
            products: [.library(name: "Product", targets: ["One"])],
            library("One"), library("Two", ["One"]), .target(name: "CThree"),
            program("four", at: "x"), tests("OneTests", []), tests("FourTests", []),
            tests("OddTests", []), .systemLibrary(
                name: "CFive"
            )
            """
        )
        #expect(
            manifest.targets == [
                "One", "Two", "CThree", "four", "OneTests", "FourTests", "OddTests", "CFive",
            ]
        )
        #expect(
            manifest.targetsMissing(from: "**One** Two **CThree** **CFive**")
                == ["Two", "four", "OddTests"]
        )
        #expect(!manifest.hasDependencies)
        #expect(Manifest("dependencies: [.package(url: \"x\", from: \"1\")]").hasDependencies)
        #expect(!Manifest("// .package(url:").hasDependencies)
    }
}
