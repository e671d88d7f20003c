import Foundation
import StreamsEmbedded
import Testing

@testable import LedgersEmbedded

@Suite struct LedgerCopyTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/ledger" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func fill() async throws -> LedgerFixture {
        let ledger = try await LedgerFixture(path)
        try await ledger.add((0..<6).map { Array($0 * 9..<$0 * 9 + 9) }, segmentLimit: 3_000)
        return ledger
    }

    /// A copy holds what was published, and goes on by itself.
    @Test func aCopyIsALedgerOfItsOwn() async throws {
        let ledger = try await fill()
        let root = try EmbeddedLedgerReader(path).head.root
        let copy = "\(folder.path)/copies/one"
        #expect(try EmbeddedLedgerReader.copy(path, to: copy) == 54)
        try await ledger.add([Array(54..<60)])
        #expect(try EmbeddedLedgerReader(copy).head.root == root)
        let other = try await LedgerFixture(opening: copy)
        #expect(await other.verify(checksIndex: false).problems.count == 0)
        try await other.add([Array(54..<60)])
        #expect(try EmbeddedLedgerReader(copy).head.root == EmbeddedLedgerReader(path).head.root)
        #expect(throws: StorageError.self) { try EmbeddedLedgerReader.copy(path, to: copy) }
    }

    /// Where published bytes are missing there is no copy, which would miss them as well.
    @Test func aSegmentThatIsTooShortIsNotCopied() async throws {
        _ = try await fill()
        let newest = try File(LedgerTestFiles(path).newest, .update)
        let size = try EmbeddedLedgerReader(path).head.position
        try newest.truncate(to: size - 1)
        let copy = "\(folder.path)/copy"
        #expect {
            try EmbeddedLedgerReader.copy(path, to: copy)
        } throws: { error in
            guard case StorageError.damaged(let damage) = error else { return false }
            return damage.path == newest.path && damage.reason == "1 bytes are missing"
        }
        #expect(throws: StorageError.notAFolder(path: copy)) { try EmbeddedLedgerReader(copy) }
    }

    /// What is derived may be missing: whoever writes the copy makes it anew.
    @Test func derivedFilesAreCopiedAsFarAsTheyGo() async throws {
        _ = try await fill()
        try FileManager.default.removeItem(atPath: "\(path)/frames")
        try File("\(path)/tree/00", .update).truncate(to: 100)
        let copy = "\(folder.path)/copy"
        try EmbeddedLedgerReader.copy(path, to: copy)
        let other = try await LedgerFixture(opening: copy)
        try await other.add([Array(54..<60)])
        #expect(await other.verify(checksIndex: false).problems.count == 0)
    }
}
