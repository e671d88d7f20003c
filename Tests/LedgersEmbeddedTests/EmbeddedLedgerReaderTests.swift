import ConformanceKit
import Cryptography
import Foundation
import Ledgers
import Merkle
import Streams
import Testing

@testable import LedgersEmbedded
@testable import StreamsEmbedded

@Suite struct EmbeddedLedgerReaderTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/ledger" }

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Adds batches of 10 records, of which each tenth is no event.
    private func extend(_ store: EmbeddedLedgerStore, batches: Int) async throws {
        let claim = try await store.claim(0)
        var lane = LedgerLane(partition: 0, claim: claim)
        var next = claim.cursor.nextOffset
        for _ in 0..<batches {
            let values = try (next..<next + 10).map { number in
                number % 10 == 3 ? [UInt8(0xFF)] : try LedgerSample.event(number)
            }
            let records = LedgerSample.records(values, from: next)
            let batch = try lane.commit(
                LedgerSample.batch(records, from: next, to: next + 10)
            )
            try await store.commit(batch) { leaves throws(LedgerError) in
                var tree = batch.before
                tree.append(contentsOf: leaves)
                return try await LedgerSample.sign(0, tree.size, tree.root)
            }
            next += 10
        }
    }

    private func fill(batches: Int, segmentLimit: Int = 5_000) async throws {
        try await EmbeddedLedgerStore.create(path, note: Array("0 0 empty".utf8))
        let store = try await EmbeddedLedgerStore.open(path, segmentLimit: segmentLimit)
        try await extend(store, batches: batches)
        await store.close()
    }

    /// The entry with this index: each tenth number from 3 on is none.
    private func expected(_ index: Int) throws -> [UInt8] {
        try LedgerSample.event(index / 9 * 10 + index % 9 + (index % 9 >= 3 ? 1 : 0))
    }

    @Test(arguments: [1_000, 5_000, EmbeddedLedgerStore.defaultSegmentLimit])
    func readsAnyRangeOfEntries(segmentLimit: Int) async throws {
        try await fill(batches: 12, segmentLimit: segmentLimit)
        let reader = try EmbeddedLedgerReader(path)
        #expect(reader.head.size == 108)
        for lower in stride(from: 0, through: 110, by: 5) {
            for upper in stride(from: lower, through: 120, by: 7) {
                var indices: [Int] = []
                try reader.entries(in: lower..<upper) { (index, bytes) throws(StorageError) in
                    indices.append(index)
                    #expect((try? expected(index)) == [UInt8](bytes))
                    return true
                }
                #expect(indices == Array((lower..<upper).clamped(to: 0..<108)))
            }
        }
        for index in 0..<108 { #expect(try reader.entry(index) == expected(index)) }
        #expect(try reader.entry(108) == nil)
        #expect(try reader.entry(-1) == nil)
    }

    @Test func endsWhenItIsTold() async throws {
        try await fill(batches: 5)
        var seen = 0
        try EmbeddedLedgerReader(path).entries(in: 0..<45) { (index, _) throws(StorageError) in
            seen += 1
            return index < 20
        }
        #expect(seen == 21)
    }

    /// Dead letters are numbered through all segments, each listed once.
    @Test(arguments: [1_000, 5_000, EmbeddedLedgerStore.defaultSegmentLimit])
    func listsDeadLettersAndCheckpointsOnce(segmentLimit: Int) async throws {
        try await fill(batches: 12, segmentLimit: segmentLimit)
        let reader = try EmbeddedLedgerReader(path)
        var letters: [Int] = []
        try reader.refused { (number, letter) throws(StorageError) in
            #expect(number == letters.count)
            #expect(letter.reason == .malformedEvent)
            #expect(letter.bytes == [0xFF])
            letters.append(letter.offset)
            return true
        }
        #expect(letters == (0..<12).map { $0 * 10 + 3 })
        #expect(reader.head.letters == 12)

        var sizes: [Int] = []
        try reader.checkpoints { (size, note) throws(StorageError) in
            let root = (try? CompactRange(size: size, from: reader.hashes).root)
            #expect(size == 0 || root.map { Array("0 \(size) \($0)".utf8) } == note)
            sizes.append(size)
            return true
        }
        #expect(sizes == (0...12).map { $0 * 9 })
    }

    /// A reader sees what was published when it was made, whatever is added, and reads while the
    /// ledger is opened again.
    @Test func seesWhatWasPublishedWhenItWasMade() async throws {
        try await fill(batches: 6)
        let reader = try EmbeddedLedgerReader(path)
        let root = reader.head.root
        for _ in 0..<3 {
            let store = try await EmbeddedLedgerStore.open(path, segmentLimit: 5_000)
            #expect(try CompactRange(size: 54, from: reader.hashes).root == root)
            try await extend(store, batches: 3)
            await store.close()
            #expect(reader.head.size == 54)
            #expect(try reader.entry(54) == nil)
            var tree = CompactRange()
            try reader.entries(in: 0..<1_000) { (_, bytes) throws(StorageError) in
                tree.append(RFC6962.leafHash(bytes))
                return true
            }
            #expect(tree.root == root)
        }
        #expect(try EmbeddedLedgerReader(path).head.size == 54 + 3 * 27)
    }

    /// Frames are found where the list of frames is gone, wrong, or of another ledger.
    @Test func findsEntriesWithoutTheListOfFrames() async throws {
        try await fill(batches: 12)
        let reader = try EmbeddedLedgerReader(path)
        let list = URL(filePath: "\(path)/frames")
        let whole = try Data(contentsOf: list)
        try FileManager.default.removeItem(at: list)
        #expect(try reader.entry(70) == expected(70))
        try whole.prefix(48).write(to: list)
        #expect(try reader.entry(70) == expected(70))
    }

    /// What every way of reading the ledger from its start, or from the middle, must throw.
    private func expectDamage(_ what: String) throws {
        let reader = try EmbeddedLedgerReader(path)
        func isDamage(_ body: () throws -> Void) -> Bool {
            do {
                try body()
                return false
            } catch StorageError.damaged(_) {
                return true
            } catch {
                return false
            }
        }
        let all = 0..<reader.head.size
        #expect(isDamage { try reader.entries(in: all) { (_, _) in true } }, "\(what)")
        #expect(isDamage { try reader.refused { (_, _) in true } }, "\(what)")
        #expect(isDamage { try reader.checkpoints { (_, _) in true } }, "\(what)")
        #expect(isDamage { _ = try reader.recentEvents(limit: 108) }, "\(what)")
    }

    /// A segment that is missing, or that was cut where a frame ends, is no reason to leave its entries
    /// out: not for readers, not for a start, and not for a copy.
    @Test func entriesThatAreMissingAreDamage() async throws {
        try await fill(batches: 12, segmentLimit: 1_000)
        let folder = "\(path)/entries"
        let names = TemporaryFolder.files(of: folder)
        try #require(names.count >= 4)
        for (number, name) in names.enumerated().dropLast() {
            let url = URL(filePath: "\(folder)/\(name)")
            let whole = try Data(contentsOf: url)
            var scanner = FrameScanner(try File(url.path(), .read), upTo: whole.count)
            var ends = [0]
            while case .frame(let frame) = try scanner.nextHeader() { ends.append(frame.end) }
            for end in ends.dropLast() {
                try whole.prefix(end).write(to: url)
                // Entries without their commit are all there for those who only read entries.
                if end != ends[ends.count - 2] { try expectDamage("\(name) cut at \(end)") }
                await #expect(throws: StorageError.self, "\(name) cut at \(end)") {
                    try await EmbeddedLedgerStore.open(path)
                }
                #expect(throws: StorageError.self, "\(name) cut at \(end)") {
                    try EmbeddedLedgerReader.copy(path, to: "\(path)-\(number)-\(end)")
                }
            }
            try FileManager.default.removeItem(at: url)
            try expectDamage(name)
            await #expect(throws: StorageError.self) { try await EmbeddedLedgerStore.open(path) }
            #expect(throws: StorageError.self) {
                try EmbeddedLedgerReader.copy(path, to: "\(path)-\(number)")
            }
            try whole.write(to: url)
        }
        let store = try await EmbeddedLedgerStore.open(path)
        await store.close()
    }

    /// What is damaged is said, with its file and place; what lies before it is still read.
    @Test func saysWhatIsDamaged() async throws {
        try await fill(batches: 12, segmentLimit: 1_000)
        let segment = LedgerTestFiles(path).newest
        var bytes = try Data(contentsOf: URL(filePath: segment))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: segment))
        let reader = try EmbeddedLedgerReader(path)
        var seen = 0
        #expect {
            try reader.entries(in: 0..<1_000) { (_, _) throws(StorageError) in
                seen += 1
                return true
            }
        } throws: { error in
            guard case StorageError.damaged(let damage) = error else { return false }
            return damage.path.hasSuffix(".led")
        }
        #expect(seen >= 90)
    }
}
