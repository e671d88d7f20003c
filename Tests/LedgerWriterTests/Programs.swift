import Foundation
import Testing

/// The built executables, run as an operator runs them.
enum Programs {
    /// Beside the test bundle, where the build put them.
    private static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    /// What a run left.
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end.
    static func run(_ name: String, _ words: String...) throws -> Outcome {
        try run(name, words)
    }

    static func run(_ name: String, _ words: [String]) throws -> Outcome {
        let running = try RunningProgram(name, words)
        let code = running.wait()
        return Outcome(code: code, output: running.output, errors: running.errors)
    }
}

/// A run that has not ended yet; ended with the value.
final class RunningProgram {
    let process = Process()
    private let folder: URL

    var output: String { text("output") }
    var errors: String { text("errors") }
    /// The same without looking at what it says, for much of it.
    var errorBytes: Data { bytes("errors") }

    init(_ name: String, _ words: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "caracal-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in ["output", "errors"] {
            try Data().write(to: folder.appending(path: file))
        }
        process.executableURL = URL(filePath: Programs.path(name))
        process.arguments = words
        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CARACAL_") }
        process.environment = own.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(
            forWritingTo: folder.appending(path: "output")
        )
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "errors"))
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the end; the exit code, or minus the signal that ended it.
    @discardableResult
    func wait() -> Int32 {
        process.waitUntilExit()
        let code = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? -code : code
    }

    private func text(_ file: String) -> String {
        String(decoding: bytes(file), as: UTF8.self)
    }

    private func bytes(_ file: String) -> Data {
        (try? Data(contentsOf: folder.appending(path: file))) ?? Data()
    }
}
