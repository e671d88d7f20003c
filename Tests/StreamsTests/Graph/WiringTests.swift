import Foundation
import Testing

/// Wirings that must compile in good time, and wirings that must not, with the message to give.
///
/// Compiled as far as SIL: that a flow is used twice is found only after type checking.
@Suite struct WiringTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "Wirings")

    static let mistakes = [
        "BranchUsedTwice", "CommitWithoutOrder", "DeadLetterOfAnother", "DecodedTwice", "Dropped",
        "ExactlyOnceOfForgetful", "ExactlyOnceWithoutOrder", "SequencedWithoutLanes",
        "SinkOfFallible", "StateWhereDealt", "UsedTwice", "WrongElement",
    ]

    @Test func listsEveryFile() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        let known = Self.mistakes + ["FortyLines", "Prelude"]
        #expect(files.sorted() == known.map { "\($0).swift" }.sorted())
    }

    @Test(arguments: mistakes)
    func doesNotCompile(_ name: String) throws {
        let (status, errors) = try compile(name)
        let file = Self.folder.appending(path: "\(name).swift")
        let first = try String(contentsOf: file, encoding: .utf8).prefix { $0 != "\n" }
        let expected = try #require(first.split(separator: "expect: ").last)
        #expect(status == 1)
        #expect(errors.count == 1)
        #expect(errors.first?.contains(expected) == true, "\(errors)")
    }

    /// Without the builder behind ``Separately`` the compiler gives up after 18 s.
    @Test func checksLongChainsInGoodTime() throws {
        let (status, errors) = try compile("FortyLines")
        #expect(status == 0)
        #expect(errors.isEmpty)
    }

    private func compile(_ name: String) throws -> (status: Int32, errors: [Substring]) {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "\(name)-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let main = folder.appending(path: "main.swift")
        let file = Self.folder.appending(path: "\(name).swift")
        try FileManager.default.copyItem(at: file, to: main)

        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let modules = tests.deletingLastPathComponent().appending(path: "Modules")
        let compiler = Process()
        let output = Pipe()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = [
            "swiftc", "-swift-version", "6", "-warnings-as-errors", "-wmo", "-emit-sil",
            "-enable-upcoming-feature", "ExistentialAny",
            "-enable-upcoming-feature", "InternalImportsByDefault",
            "-enable-upcoming-feature", "NonisolatedNonsendingByDefault",
            "-o", "/dev/null", "-module-name", "Wiring", "-I", modules.path(),
            Self.folder.appending(path: "Prelude.swift").path(), main.path(),
        ]
        compiler.standardError = output
        try compiler.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        compiler.waitUntilExit()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return (compiler.terminationStatus, lines.filter { $0.contains(": error: ") })
    }
}
