import ConformanceKit
import Foundation
import Ledgers
import Merkle
import Streams
import StreamsEmbedded
import Testing

@testable import LedgersEmbedded

@Suite struct LedgerOpeningTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/ledger"
    }

    private func commit(_ range: Range<Int>, _ store: EmbeddedLedgerStore) async throws {
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let batch = try LedgerSample.ledgerBatch(range, with: &lane)
        try await store.commit(batch) { _ throws(LedgerError) in
            try await LedgerSample.sign(0, range.upperBound, batch.after.root)
        }
    }

    private func opened(
        _ body: (EmbeddedLedgerStore) async throws -> Void
    ) async throws {
        let store = try await EmbeddedLedgerStore.open(path)
        do {
            try await body(store)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }

    private func expectSize(_ size: Int) async throws {
        try await opened { store in
            let claim = try await store.claim(0)
            #expect(claim.tree.size == size)
        }
    }

    private func create() async throws {
        try await EmbeddedLedgerStore.create(path, note: Array("0 0 empty".utf8))
        try await opened { try await commit(0..<3, $0) }
    }

    private func snapshot() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in TemporaryFolder.files(of: path) where !name.hasSuffix(".lock") {
            let file = "\(path)/\(name)"
            if FileManager.default.contents(atPath: file) != nil, name != "entries", name != "tree"
            {
                files[name] = try Data(contentsOf: URL(filePath: file))
            }
        }
        return files
    }

    private func restore(_ files: [String: Data]) throws {
        for (name, bytes) in files { try bytes.write(to: URL(filePath: "\(path)/\(name)")) }
    }

    private var segment: String { "entries/00000000000000000000.led" }

    /// Killed at every byte of a commit whose head was not published: the commit is there whole, or
    /// not at all, and the ledger goes on.
    @Test(arguments: [("cut", 1), ("zeros", 7), ("garbage", 5)])
    func everyByteBehindTheHeadMayBeTheLast(tail: String, step: Int) async throws {
        try await create()
        let before = try snapshot()
        try await opened { try await commit(3..<4, $0) }
        let after = try snapshot()
        let whole = try #require(after[segment])
        let start = try #require(before[segment]).count
        for end in Array(stride(from: start, to: whole.count, by: step)) + [whole.count] {
            var torn = whole.prefix(end)
            let rest = whole.count - end
            switch tail {
            case "zeros": torn += Data(count: rest)
            case "garbage": torn += Data((0..<rest).map { UInt8(truncatingIfNeeded: $0 &* 151) })
            default: break
            }
            // Lists that are derived may be ahead of the segments, or behind them.
            try restore(end % 2 == 0 ? after : before)
            try restore([segment: torn, "head": try #require(before["head"])])
            let store = try await EmbeddedLedgerStore.open(path)
            let claim = try await store.claim(0)
            let isWhole = torn == whole
            #expect(claim.tree.size == (isWhole ? 4 : 3), "\(end)")
            #expect(claim.cursor.nextOffset == claim.tree.size)
            if end % 16 == 0 { try await commit(claim.tree.size..<9, store) }
            await store.close()
            let reader = try EmbeddedLedgerReader(path)
            for index in 0..<reader.head.size {
                #expect(try reader.entry(index) == (try LedgerSample.event(index)), "\(end)")
            }
        }
    }

    /// A flipped byte of what was published is refused, and nothing is cut or written.
    @Test func everyPublishedByteIsHeldTo() async throws {
        try await create()
        let files = try snapshot()
        let whole = try #require(files[segment])
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= UInt8(1 << (place % 8))
            try restore([segment: damaged])
            await #expect(throws: StorageError.self, "\(place)") {
                await (try EmbeddedLedgerStore.open(path)).close()
            }
            #expect(try Data(contentsOf: URL(filePath: "\(path)/\(segment)")) == damaged)
        }
        try restore(files)
        try await expectSize(3)
    }

    /// A flipped byte of the head leaves the other slot, which says the same; two are refused.
    @Test func oneSlotOfTheHeadIsEnough() async throws {
        try await create()
        let files = try snapshot()
        let whole = try #require(files["head"])
        for place in stride(from: 0, to: whole.count, by: 61) {
            try restore(files)
            var damaged = whole
            damaged[place] ^= 0x10
            try restore(["head": damaged])
            let reader = try EmbeddedLedgerReader(path)
            #expect(reader.head.size == 3 && reader.head.damagedSlots == 1)
            try await expectSize(3)
        }
        try restore(["head": Data(whole.map { ~$0 })])
        await #expect(throws: StorageError.self) { try await EmbeddedLedgerStore.open(path) }
    }

    /// After a failed sync only what was published is trusted.
    @Test func whatWasNeverPublishedCanBeCut() async throws {
        try await create()
        let before = try snapshot()
        try await opened { try await commit(3..<4, $0) }
        try restore(["head": try #require(before["head"])])
        try LedgerOpening.cutToHead(LedgerFiles(path))
        #expect(try snapshot()[segment] == before[segment])
        try await expectSize(3)
    }

    /// The list of frames is derived: a start that finds it short makes it anew, for those that follow.
    @Test func makesTheListOfFramesAnew() async throws {
        try await EmbeddedLedgerStore.create(path, note: Array("0 0 empty".utf8))
        for first in stride(from: 0, to: 12, by: 3) {
            let store = try await EmbeddedLedgerStore.open(path, segmentLimit: 1)
            try await commit(first..<first + 3, store)
            await store.close()
        }
        let list = URL(filePath: "\(path)/frames")
        let whole = try Data(contentsOf: list)
        for damaged in [Data(), whole.prefix(30), Data(whole.reversed()), nil] {
            if let damaged {
                try damaged.write(to: list)
            } else {
                try FileManager.default.removeItem(at: list)
            }
            await (try EmbeddedLedgerStore.open(path)).close()
            #expect(try Data(contentsOf: list) == whole)
        }
    }

    /// A ledger that is refused for what lies before keeps the end that would have been cut.
    @Test func cutsNothingOfALedgerThatIsRefused() async throws {
        try await EmbeddedLedgerStore.create(path, note: Array("0 0 empty".utf8))
        for first in stride(from: 0, to: 9, by: 3) {
            let store = try await EmbeddedLedgerStore.open(path, segmentLimit: 1)
            try await commit(first..<first + 3, store)
            await store.close()
        }
        let names = TemporaryFolder.files(of: "\(path)/entries")
        try #require(names.count == 3)
        let newest = URL(filePath: "\(path)/entries/\(names[2])")
        let torn = try Data(contentsOf: newest) + [1, 2, 3]
        try torn.write(to: newest)
        let missing = URL(filePath: "\(path)/entries/\(names[1])")
        let bytes = try Data(contentsOf: missing)
        try FileManager.default.removeItem(at: missing)
        await #expect(throws: StorageError.self) { try await EmbeddedLedgerStore.open(path) }
        #expect(try Data(contentsOf: newest) == torn)
        try bytes.write(to: missing)
        try await expectSize(9)
        #expect(try Data(contentsOf: newest) != torn)
    }

    @Test func refusesASegmentThatIsMissing() async throws {
        try await create()
        try FileManager.default.removeItem(atPath: "\(path)/\(segment)")
        await #expect(throws: StorageError.self) { try await EmbeddedLedgerStore.open(path) }
    }
}
