import Foundation
import Testing

/// Checks what neither the compiler nor swift-format can: walls, banned words, shapes.
@Suite struct TidyTests {
    static let files = Repository.swiftFiles(in: "Sources", "Pipelines")

    @Test func readsTheRepository() {
        #expect(Self.files.count > 40)
        #expect(Self.files.contains { $0.path == "Sources/Streams/Graph/Source.swift" })
    }

    @Test(arguments: files)
    func importsOnlyWhatItsLayerMay(_ file: SourceFile) {
        expectNone(Walls.problems(of: file))
    }

    @Test(arguments: files)
    func usesNoBannedWord(_ file: SourceFile) {
        expectNone(Bans.problems(of: file))
    }

    @Test(arguments: files)
    func isInShape(_ file: SourceFile) {
        expectNone(Shapes.problems(of: file))
    }

    @Test(arguments: Repository.swiftFiles(in: "Tests", "Samples"))
    func isShort(_ file: SourceFile) {
        #expect(file.lines.count <= Shapes.linesMax)
    }

    @Test(arguments: Walls.cModules.keys.sorted())
    func staysInFewFiles(_ cModule: String) {
        let files = Self.files.filter { $0.imports.contains { $0.module == cModule } }
        for (owner, own) in Dictionary(grouping: files, by: \.module) {
            #expect(own.count <= Walls.filesPerCModule, "\(owner)")
        }
    }

    /// An exception that nobody needs any more hides the next use.
    @Test func hasNoExceptionWithoutItsUse() {
        for (path, word, _) in Bans.exceptions {
            let file = Self.files.first { $0.path == path }
            let isUsed = file?.code.contains { $0.contains(word) } ?? false
            #expect(isUsed, "\(path) has no '\(word)' any more")
        }
        let modules = ["Glibc": Walls.glibcExceptions, "Dispatch": Walls.dispatchExceptions]
        for (module, paths) in modules {
            for path in paths.keys {
                let file = Self.files.first { $0.path == path }
                #expect(file?.imports.contains { $0.module == module } == true, "\(path)")
            }
        }
    }

    @Test func dependsOnNoOtherPackage() throws {
        #expect(try !Manifest(Repository.text(of: "Package.swift")).hasDependencies)
        #expect(throws: (any Error).self) { try Repository.text(of: "Package.resolved") }
    }

    @Test func describesEveryTarget() throws {
        let manifest = Manifest(try Repository.text(of: "Package.swift"))
        #expect(manifest.targets.count > 25)
        let missing = manifest.targetsMissing(from: try Repository.text(of: "ARCHITECTURE.md"))
        #expect(missing == [])
    }

    @Test func placesEveryTargetInALayer() throws {
        let placed = Walls.layers.reduce(into: Set()) { $0.formUnion($1) }
        let manifest = Manifest(try Repository.text(of: "Package.swift"))
        let sources = manifest.targets.filter { !$0.hasSuffix("Tests") && !$0.hasSuffix("Kit") }
        let samples = try samples()
        #expect(sources.filter { !placed.contains($0) && !samples.contains($0) } == [])
    }

    @Test(arguments: [".ci/run", "Tests/run", "Samples/quickstart"])
    func isAScriptThatRuns(_ path: String) throws {
        #expect(FileManager.default.isExecutableFile(atPath: Repository.root.path + "/" + path))
        let text = try Repository.text(of: path)
        #expect(text.hasPrefix("#!/usr/bin/env bash\n"))
        #expect(text.contains("\nset -euo pipefail\n"))
    }

    /// The folders in `Samples`, each a target of its own.
    private func samples() throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "Samples").path
        )
    }

    private func expectNone(_ problems: [String]) {
        for problem in problems { Issue.record("\(problem)") }
    }
}
