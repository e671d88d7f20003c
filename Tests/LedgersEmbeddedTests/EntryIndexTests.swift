import Events
import Foundation
import StreamsEmbedded
import Testing

@testable import LedgersEmbedded

@Suite struct EntryIndexTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func fixture(_ name: String = "ledger") async throws -> LedgerFixture {
        try await LedgerFixture("\(folder.path)/\(name)")
    }

    private static let batches = (0..<12).map { Array($0 * 9..<$0 * 9 + 9) }

    /// However large transactions and segments are, every query answers as the entries say.
    @Test(arguments: [(1, 1_000), (20, 3_000), (1_000, 1 << 20)])
    func answersAsTheEntriesSay(transactionRows: Int, segmentLimit: Int) async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches, segmentLimit: segmentLimit)
        try await ledger.makeIndex(transactionRows: transactionRows)
        let index = try await EntryIndex.openForReading(ledger.path)
        #expect(index.progress.entries == 108)
        #expect(index.progress.letters == 6)
        for number in 0..<108 {
            #expect(try await index.indices(ofEvent: LedgerFixture.id(number)) == [number])
        }
        #expect(try await index.indices(ofEvent: "event-2") == [])
        #expect(try await index.indices(ofEvent: LedgerFixture.id(2).uppercased()) == [])
        for agent in 0..<3 {
            let expected = (0..<108).filter { $0 % 3 == agent }
            #expect(try await index.page(agent: "agent-\(agent)") == expected)
        }
        #expect(try await index.page(agent: "nobody") == [])
        let (from, to) = (LedgerFixture.time(1), LedgerFixture.time(3))
        let expected = (0..<108).filter { 7..<21 ~= $0 * 7 % 50 }
        #expect(try await index.page(from: from, to: to) == expected)
        #expect(
            try await index.page(agent: "agent-1", from: from, to: to)
                == expected.filter { $0 % 3 == 1 }
        )
        var (paged, next) = ([Int](), 0)
        while true {
            let page = try await index.page(startingAt: next, limit: 10)
            guard let last = page.last else { break }
            paged += page
            next = last + 1
        }
        #expect(paged == Array(0..<108))
        await index.close()
    }

    /// An index of a ledger that lacks a segment would lack its rows: it says so and ends.
    @Test func aSegmentThatIsMissingIsNotPassedOver() async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches, segmentLimit: 1_000)
        let folder = "\(ledger.path)/entries"
        let names = TemporaryFolder.files(of: folder)
        try #require(names.count >= 4)
        for name in names {
            let url = URL(filePath: "\(folder)/\(name)")
            let bytes = try Data(contentsOf: url)
            try FileManager.default.removeItem(at: url)
            await #expect(throws: EntryIndexError.self, "\(name)") { try await ledger.makeIndex() }
            try bytes.write(to: url)
        }
        try await ledger.makeIndex()
    }

    /// An index goes on where it was, in another process or after a crash between transactions.
    @Test func goesOnWhereItWas() async throws {
        let ledger = try await fixture()
        for round in 0..<6 {
            try await ledger.add(
                Array(Self.batches[2 * round..<2 * round + 2]),
                segmentLimit: 2_000
            )
            try await ledger.makeIndex(transactionRows: 5)
        }
        let index = try await EntryIndex.open(ledger.path)
        #expect(index.progress.entries == 108)
        #expect(index.progress.letters == 6)
        await index.close()
        #expect(await ledger.verify().index?.rows == 114)
    }

    @Test func listsRepeatsOfAnIdentifierInOrder() async throws {
        let ledger = try await fixture()
        try await ledger.add([[0, 1], [1, 0], [0]])
        try await ledger.makeIndex()
        let index = try await EntryIndex.openForReading(ledger.path)
        #expect(try await index.indices(ofEvent: LedgerFixture.id(0)) == [0, 3, 4])
        #expect(try await index.indices(ofEvent: LedgerFixture.id(1)) == [1, 2])
        #expect(try await index.indices(ofEvent: LedgerFixture.id(0), limit: 1) == [0])
        await index.close()
    }

    @Test func saysThatThereIsNone() async throws {
        let ledger = try await fixture()
        let path = EntryIndexFormat.path(ledger.path)
        await #expect(throws: EntryIndexError.missing(path: path)) {
            try await EntryIndex.openForReading(ledger.path)
        }
    }

    /// What is no index is told apart, names the way out, and is made anew on request.
    @Test(arguments: ["garbage", "other", "newer", "zeros", "cut"])
    func refusesWhatIsNoIndexAndMakesItAnew(kind: String) async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches)
        try await ledger.makeIndex()
        let path = EntryIndexFormat.path(ledger.path)
        switch kind {
        case "garbage": try Data(repeating: 65, count: 5_000).write(to: URL(filePath: path))
        case "zeros": try Data(repeating: 0, count: 5_000).write(to: URL(filePath: path))
        case "cut":
            let whole = try Data(contentsOf: URL(filePath: path))
            try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
        case "other": try SQLiteConnection(path, .update).execute("PRAGMA application_id = 7")
        default: try SQLiteConnection(path, .update).execute("PRAGMA user_version = 9")
        }
        for isReading in [true, false] {
            await #expect {
                let index =
                    isReading
                    ? try await EntryIndex.openForReading(ledger.path)
                    : try await EntryIndex.open(ledger.path)
                _ = try await index.page()
                _ = try await index.indices(ofEvent: LedgerFixture.id(0))
            } throws: { error in
                guard let error = error as? EntryIndexError else { return false }
                if case .newerVersion = error, kind != "newer" { return false }
                return "\(error)".contains("caracal reindex")
            }
        }
        let index = try await EntryIndex.rebuild(ledger.path)
        #expect(index.progress.entries == 108)
        await index.close()
        #expect(await ledger.verify().isSound)
    }

    @Test func refusesTheIndexOfAnotherLedger() async throws {
        let (ledger, other) = (try await fixture(), try await fixture("other"))
        try await ledger.add(Self.batches)
        try await other.add([Self.batches[1], Self.batches[0]])
        try await other.makeIndex()
        try FileManager.default.copyItem(
            atPath: EntryIndexFormat.path(other.path),
            toPath: EntryIndexFormat.path(ledger.path)
        )
        await #expect {
            try await ledger.makeIndex()
        } throws: {
            guard case EntryIndexError.unusable = $0 else { return false }
            return true
        }
        #expect(await !ledger.verify().isSound)
    }

    @Test func refusesAnIndexThatIsAheadOfItsLedger() async throws {
        let (ledger, longer) = (try await fixture(), try await fixture("longer"))
        try await ledger.add([Self.batches[0]])
        try await longer.add(Self.batches)
        try await longer.makeIndex()
        try FileManager.default.copyItem(
            atPath: EntryIndexFormat.path(longer.path),
            toPath: EntryIndexFormat.path(ledger.path)
        )
        await #expect(throws: EntryIndexError.self) { try await ledger.makeIndex() }
        #expect(await !ledger.verify().isSound)
    }
}
