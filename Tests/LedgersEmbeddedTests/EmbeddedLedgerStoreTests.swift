import ConformanceKit
import Cryptography
import Foundation
import Ledgers

import Merkle
import Streams
import Testing

@testable import LedgersEmbedded
@testable import StreamsEmbedded

@Suite struct EmbeddedLedgerStoreTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let note = Array("0 0 empty".utf8)

    private func make(segmentLimit: Int) async throws -> EmbeddedLedgerStore {
        let path = "\(folder.path)/\(UUID().uuidString)"
        try await EmbeddedLedgerStore.create(path, note: Self.note)
        return try await EmbeddedLedgerStore.open(path, segmentLimit: segmentLimit)
    }

    @Test(arguments: [1_000, 40_000, EmbeddedLedgerStore.defaultSegmentLimit])
    func doesWhatEveryStoreDoes(segmentLimit: Int) async throws {
        try await LedgerStoreConformance {
            try await make(segmentLimit: segmentLimit)
        } reopen: { store in
            await store.close()
            return try await EmbeddedLedgerStore.open(
                store.folder,
                segmentLimit: segmentLimit
            )
        }.runAll()
    }

    /// Writes batches of 1 to 40 entries, and returns how each batch left the segments and the head.
    private func fill(_ path: String, segmentLimit: Int) async throws {
        try await EmbeddedLedgerStore.create(path, note: Self.note)
        let store = try await EmbeddedLedgerStore.open(path, segmentLimit: segmentLimit)
        try await extend(store, batches: 12)
        await store.close()
    }

    private func extend(_ store: EmbeddedLedgerStore, batches: Int) async throws {
        let claim = try await store.claim(0)
        var lane = LedgerLane(partition: 0, claim: claim)
        var next = claim.cursor.nextOffset
        for number in 0..<batches {
            let upper = next + 1 + number * 7 % 40
            let batch = try LedgerSample.ledgerBatch(next..<upper, with: &lane)
            try await store.commit(batch) { leaves throws(LedgerError) in
                var tree = batch.before
                tree.append(contentsOf: leaves)
                return try await LedgerSample.sign(0, tree.size, tree.root)
            }
            next = upper
        }
    }

    private func expectWhole(_ path: String) throws {
        let reader = try EmbeddedLedgerReader(path)
        var tree = CompactRange()
        try reader.entries(in: 0..<reader.head.size) { index, bytes in
            tree.append(RFC6962.leafHash(bytes))
            return true
        }
        #expect(tree.size == reader.head.size)
        #expect(tree.root == reader.head.root)
        #expect(try CompactRange(size: tree.size, from: reader.hashes).root == tree.root)
    }

    /// Whatever is written behind the published head by a crash is cut, and the rest is whole.
    @Test(arguments: 0..<24)
    func cutsWhatACrashLeavesBehindTheHead(step: Int) async throws {
        let path = "\(folder.path)/ledger"
        try await fill(path, segmentLimit: 100_000)
        let head = try EmbeddedLedgerReader(path).head
        let files = LedgerTestFiles(path)
        let before = try Data(contentsOf: URL(filePath: files.newest))
        // A commit that did not get its head, cut somewhere.
        let store = try await EmbeddedLedgerStore.open(path)
        try await extend(store, batches: 1)
        await store.close()
        let after = try Data(contentsOf: URL(filePath: files.newest))
        let end = before.count + (after.count - before.count) * step / 24
        try after.prefix(end).write(to: URL(filePath: files.newest))
        try files.setHead(head)

        let again = try await EmbeddedLedgerStore.open(path)
        let claim = try await again.claim(0)
        #expect(claim.tree.size >= head.size)
        try await extend(again, batches: 2)
        await again.close()
        try expectWhole(path)
    }

    /// Nothing that was published is ever cut: the start refuses and says where the ledger ends.
    @Test func refusesALedgerThatEndsBelowItsHead() async throws {
        let path = "\(folder.path)/ledger"
        try await fill(path, segmentLimit: 100_000)
        let file = LedgerTestFiles(path).newest
        let whole = try Data(contentsOf: URL(filePath: file))
        for missing in [1, 40, 200, whole.count - 1] {
            try whole.prefix(whole.count - missing).write(to: URL(filePath: file))
            await #expect(throws: StorageError.self) { try await EmbeddedLedgerStore.open(path) }
            #expect(try Data(contentsOf: URL(filePath: file)).count == whole.count - missing)
        }
        try whole.write(to: URL(filePath: file))
        await (try EmbeddedLedgerStore.open(path)).close()
    }

    /// The lists of hashes and frames can be deleted, cut or filled with anything.
    @Test func makesDerivedFilesAnew() async throws {
        let path = "\(folder.path)/ledger"
        try await fill(path, segmentLimit: 3_000)
        let derived = TemporaryFolder.files(of: path).filter {
            $0.hasPrefix("tree/") || $0 == "frames"
        }
        #expect(derived.contains("tree/00") && derived.contains("frames"))
        for file in derived { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }
        let store = try await EmbeddedLedgerStore.open(path, segmentLimit: 3_000)
        try await extend(store, batches: 3)
        await store.close()
        try expectWhole(path)
        let reader = try EmbeddedLedgerReader(path)
        for index in stride(from: 0, to: reader.head.size, by: 17) {
            #expect(try reader.entry(index) == (try LedgerSample.event(index)))
        }
    }

    /// A segment is named by its first entry, so that dead letters and claims alone begin no new one.
    @Test func aSegmentGrowsWhileNothingIsAnEntry() async throws {
        let path = "\(folder.path)/ledger"
        try await EmbeddedLedgerStore.create(path, note: Self.note)
        let store = try await EmbeddedLedgerStore.open(path, segmentLimit: 500)
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        for number in 0..<20 {
            let records = LedgerSample.records([Array(repeating: 0xFF, count: 300)], from: number)
            let batch = try lane.commit(
                LedgerSample.batch(records, from: number, to: number + 1)
            )
            try await store.commit(batch) { _ throws(LedgerError) in [] }
        }
        try await extend(store, batches: 4)
        await store.close()
        #expect(TemporaryFolder.files(of: "\(path)/entries").count > 2)
        try expectWhole(path)
        var letters: [Int] = []
        try EmbeddedLedgerReader(path).refused { number, letter in
            #expect(letter.reason == .malformedEvent && letter.bytes.count == 300)
            letters.append(number)
            return true
        }
        #expect(letters == Array(0..<20))
    }

    /// Whatever the list of frames says, an entry is found, or its place is searched.
    @Test func findsEntriesThoughTheListOfFramesIsDamaged() async throws {
        let path = "\(folder.path)/ledger"
        try await fill(path, segmentLimit: 30_000)
        let list = URL(filePath: "\(path)/frames")
        let whole = try Data(contentsOf: list)
        let size = try EmbeddedLedgerReader(path).head.size
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= UInt8(1 << (place % 8))
            try damaged.write(to: list)
            let reader = try EmbeddedLedgerReader(path)
            for index in [0, place % size, size - 1] {
                #expect(try reader.entry(index) == (try LedgerSample.event(index)), "\(place)")
            }
        }
    }

    /// A store that is closed has given up the folder, and writes nothing more.
    @Test func nothingIsWrittenAfterClosing() async throws {
        let path = "\(folder.path)/ledger"
        try await EmbeddedLedgerStore.create(path, note: Self.note)
        let store = try await EmbeddedLedgerStore.open(path)
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let batch = try LedgerSample.ledgerBatch(0..<5, with: &lane)
        await store.close()
        let other = try await EmbeddedLedgerStore.open(path)
        await #expect(throws: LedgerError.self) {
            try await store.commit(batch) { _ throws(LedgerError) in [] }
        }
        await #expect(throws: LedgerError.self) { try await store.claim(0) }
        #expect(try await other.claim(0).cursor == Cursor(nextOffset: 0, epoch: 2))
        await other.close()
    }

    @Test func aSecondWriterIsToldWhoTheFirstIs() async throws {
        let path = "\(folder.path)/ledger"
        try await EmbeddedLedgerStore.create(path, note: Self.note)
        let store = try await EmbeddedLedgerStore.open(path)
        await #expect {
            try await EmbeddedLedgerStore.open(path)
        } throws: { error in
            guard case StorageError.held(_, let pid) = error else { return false }
            return pid == ProcessInfo.processInfo.processIdentifier
        }
        await store.close()
    }
}

/// The files of a ledger, for tests that spoil them.
struct LedgerTestFiles {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// The segment that is written.
    var newest: String {
        let names = TemporaryFolder.files(of: "\(path)/entries")
        return "\(path)/entries/\(names.last ?? "")"
    }

    /// Puts an older head back.
    func setHead(_ head: LedgerHead) throws {
        var file = try DoubleSlotFile("\(path)/head")
        try file.writeBoth(head.bytes)
    }
}

extension TemporaryFolder {
    /// The files below a folder, sorted.
    static func files(of path: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.sorted()
    }
}
