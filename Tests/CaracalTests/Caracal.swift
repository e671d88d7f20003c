import Foundation
import Testing

/// The built executable, run as a user runs it.
enum Caracal {
    /// What a run left.
    struct Outcome {
        let code: Int32
        let outputBytes: Data
        let errorBytes: Data

        var output: String { String(decoding: outputBytes, as: UTF8.self) }
        var errors: String { String(decoding: errorBytes, as: UTF8.self) }
        /// The last line of the output.
        var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
    }

    /// Beside the test bundle, where the build put it.
    static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "caracal").path

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The 19,366 rows.
    static let trace = root.appending(path: "Samples/Data/AzureLLMInferenceTrace_conv.csv").path

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - words: What follows `caracal`.
    ///   - input: What standard input holds.
    ///   - environment: Added to the test's own, which has no `CARACAL_` variables for it.
    ///   - limit: A command of the shell before it, such as `ulimit -f 100`.
    /// - Returns: What it left.
    /// - Throws: If it could not be started.
    static func run(
        _ words: String...,
        input: String? = nil,
        environment: [String: String] = [:],
        limit: String? = nil
    ) throws -> Outcome {
        try run(words, input: input, environment: environment, limit: limit)
    }

    static func run(
        _ words: [String],
        input: String? = nil,
        environment: [String: String] = [:],
        limit: String? = nil
    ) throws -> Outcome {
        let running = try Running(words, input: input, environment: environment, limit: limit)
        return try running.wait()
    }
}

/// A run that has not ended yet.
final class Running {
    let process = Process()
    private let folder: Scratch
    private let standardOutput: URL
    private let standardErrors: URL

    init(
        _ words: [String],
        input: String? = nil,
        environment: [String: String] = [:],
        limit: String? = nil,
        keepsInputOpen: Bool = false
    ) throws {
        folder = try Scratch()
        // Files, not pipes: no reader is needed, and a run that prints much does not block.
        standardOutput = folder.url.appending(path: "output")
        standardErrors = folder.url.appending(path: "errors")
        let standardInput = folder.url.appending(path: "input")
        try Data((input ?? "").utf8).write(to: standardInput)
        for url in [standardOutput, standardErrors] { try Data().write(to: url) }
        if let limit {
            process.executableURL = URL(filePath: "/bin/bash")
            process.arguments =
                ["-c", "\(limit); exec \"$0\" \"$@\"", Caracal.path] + words
        } else {
            process.executableURL = URL(filePath: Caracal.path)
            process.arguments = words
        }
        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CARACAL_") }
        process.environment = own.merging(environment) { $1 }
        process.standardInput =
            keepsInputOpen ? Pipe() : try FileHandle(forReadingFrom: standardInput)
        process.standardOutput = try FileHandle(forWritingTo: standardOutput)
        process.standardError = try FileHandle(forWritingTo: standardErrors)
        try process.run()
    }

    var errors: String { (try? String(contentsOf: standardErrors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    func wait() throws -> Caracal.Outcome {
        process.waitUntilExit()
        let code =
            process.terminationReason == .exit
            ? process.terminationStatus : -process.terminationStatus
        return Caracal.Outcome(
            code: code,
            outputBytes: try Data(contentsOf: standardOutput),
            errorBytes: try Data(contentsOf: standardErrors)
        )
    }
}

/// A folder of a test, gone with it.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "caracal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of a name in the folder.
    func callAsFunction(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return self(name)
    }
}
