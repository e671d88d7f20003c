import Cryptography
import Foundation
import Merkle
import Testing

@testable import LedgersEmbedded
@testable import StreamsEmbedded

@Suite struct TreeFilesTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/tree" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let leaves = (0..<66_000).map { number in
        RFC6962.leafHash(Array("leaf \(number)".utf8))
    }

    private static func range(_ size: Int) -> CompactRange {
        var range = CompactRange()
        range.append(contentsOf: Array(leaves[..<size]))
        return range
    }

    private func open(_ size: Int) throws -> TreeFiles {
        try #require(try TreeFiles(path, at: Self.range(size)))
    }

    private func bytes(_ level: Int) throws -> Data {
        try Data(contentsOf: URL(filePath: TreeFiles.path(path, level: level)))
    }

    private func sizes() throws -> [Int] {
        try (0..<TemporaryFolder.files(of: path).count).map { try bytes($0).count / 32 }
    }

    /// Every level of tiles has what the definition says, however the leaves came.
    @Test(arguments: [66_000, 65_536, 10_007, 256])
    func holdsEveryLevelHoweverLeavesCome(step: Int) throws {
        var files = try open(0)
        for start in stride(from: 0, to: Self.leaves.count, by: step) {
            try files.append(Array(Self.leaves[start..<min(start + step, Self.leaves.count)]))
        }
        #expect(files.range == Self.range(66_000))
        #expect(try sizes() == [66_000, 257, 1])
        #expect(try bytes(0) == Data(Self.leaves.flatMap(\.bytes)))
        let second = (0..<257).map { Self.range(of: $0 * 256..<($0 + 1) * 256).root }
        #expect(try bytes(1) == Data(second.flatMap(\.bytes)))
        #expect(try bytes(2) == Data(Self.range(65_536).root.bytes))
    }

    private static func range(of places: Range<Int>) -> CompactRange {
        var range = CompactRange()
        range.append(contentsOf: Array(leaves[places]))
        return range
    }

    /// A start makes hashes again over those that are there: readers find them all the while.
    @Test func readersFindTheirHashesWhileTheyAreMadeAgain() throws {
        var files = try open(0)
        try files.append(Array(Self.leaves[..<3_000]))
        let whole = try [bytes(0), bytes(1)]
        var again = try open(1_000)
        #expect(try [bytes(0), bytes(1)] == whole)
        try again.append(Array(Self.leaves[1_000..<2_000]))
        #expect(try [bytes(0), bytes(1)] == whole)
        try again.append(Array(Self.leaves[2_000..<3_000]))
        try again.trim()
        #expect(try [bytes(0), bytes(1)] == whole)
        #expect(again.range == Self.range(3_000))
    }

    /// What was written for entries that were never published goes, lists above the tree too.
    @Test func cutsWhatGoesBeyondTheTree() throws {
        var files = try open(0)
        try files.append(Array(Self.leaves[..<66_000]))
        try open(65_000).trim()
        #expect(try sizes() == [65_000, 253])
        try open(200).trim()
        #expect(try sizes() == [200])
    }

    @Test func saysThatAListIsTooShort() throws {
        var files = try open(0)
        try files.append(Array(Self.leaves[..<3_000]))
        for level in [0, 1] {
            let file = URL(filePath: TreeFiles.path(path, level: level))
            let whole = try Data(contentsOf: file)
            try whole.dropLast().write(to: file)
            #expect(try TreeFiles(path, at: Self.range(3_000)) == nil)
            try whole.write(to: file)
            #expect(try TreeFiles(path, at: Self.range(3_000)) != nil)
        }
    }
}
