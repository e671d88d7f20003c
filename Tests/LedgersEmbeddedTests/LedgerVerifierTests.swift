import Cryptography
import Foundation
import Ledgers
import StreamsEmbedded
import Testing

@testable import LedgersEmbedded

@Suite struct LedgerVerifierTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func fixture() async throws -> LedgerFixture {
        try await LedgerFixture("\(folder.path)/ledger")
    }

    private static let batches = [[0, 1, 2], [3], [4, 5, 6, 7], [8, 9]]

    @Test(arguments: [700, 1 << 20])
    func findsNothingInASoundLedger(segmentLimit: Int) async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches, segmentLimit: segmentLimit)
        try await ledger.add([Array(10..<400), Array(400..<700)], segmentLimit: segmentLimit)
        try await ledger.makeIndex()
        let found = await ledger.verify()
        #expect(found.allProblems == [])
        #expect(found.isSound)
        #expect(found.entries == 700)
        #expect(found.size == 700)
        #expect(found.commits == 6)
        #expect(found.checkpoints == 7)
        #expect(found.letters == 3)
        #expect(found.nextOffset == 703)
        #expect(found.root == (try EmbeddedLedgerReader(ledger.path).head.root))
        #expect(found.index?.rows == 703)
        #expect(found.repeatCount == 0)
    }

    /// An index that is missing or behind is no problem; the report says how far it is.
    @Test func takesAnIndexThatIsBehind() async throws {
        let ledger = try await fixture()
        try await ledger.add([[0, 1]])
        #expect(await ledger.verify().index?.isPresent == false)
        try await ledger.makeIndex()
        try await ledger.add([[2, 3]])
        let found = await ledger.verify()
        #expect(found.isSound)
        #expect(found.index?.isPresent == true)
        #expect(found.index?.size == 2)
    }

    /// Flips a bit in each byte (of zeros, which are mostly padding, in each fifth), and cuts each file:
    /// always found, with the file's name.
    @Test func findsEveryFlippedByteAndEveryCut() async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches, segmentLimit: 800)
        let names = TemporaryFolder.files(of: ledger.path).filter { name in
            // Who writes, or has written, is no part of the ledger.
            !name.hasSuffix(".lock") && !Folder.isFolder("\(ledger.path)/\(name)")
        }
        #expect(names.contains("head") && names.contains("tree/00") && names.contains("frames"))
        for name in names {
            let url = URL(filePath: "\(ledger.path)/\(name)")
            let whole = try Data(contentsOf: url)
            for place in whole.indices where place % 5 == 0 || whole[place] != 0 {
                var spoilt = whole
                spoilt[place] ^= 1 << (place % 8)
                try spoilt.write(to: url)
                await expectFound(ledger, name, "byte \(place)")
            }
            for count in stride(from: 0, to: whole.count, by: 13) {
                try whole.prefix(count).write(to: url)
                await expectFound(ledger, name, "cut to \(count)")
            }
            try FileManager.default.removeItem(at: url)
            await expectFound(ledger, name, "removed")
            try whole.write(to: url)
        }
        #expect(await ledger.verify().isSound)
    }

    private func expectFound(_ ledger: LedgerFixture, _ name: String, _ what: String) async {
        let found = await ledger.verify(checksIndex: false)
        #expect(!found.isSound, "\(name): \(what)")
        #expect(
            found.problems.list.contains { $0.file.hasSuffix("/\(name)") },
            "\(name): \(what): \(found.problems.list)"
        )
    }

    /// A bit that is flipped in the index is found, unless SQLite does not use it: then every query
    /// still answers the same.
    @Test func findsEveryFlippedByteOfTheIndexThatSaysSomething() async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches)
        try await ledger.makeIndex()
        let path = EntryIndexFormat.path(ledger.path)
        let whole = try Data(contentsOf: URL(filePath: path))
        let content = try Self.content(path)
        var foundCount = 0
        for place in whole.indices where place % 5 == 0 || whole[place] != 0 {
            var spoilt = whole
            spoilt[place] ^= 1 << (place % 8)
            try spoilt.write(to: URL(filePath: path))
            var index = LedgerVerifierIndex(LedgerFiles(ledger.path))
            index.run { _ in }
            if index.found.problems.count > 0 {
                foundCount += 1
            } else {
                #expect((try? Self.content(path)) == content, "byte \(place)")
            }
        }
        #expect(foundCount > 500)
        for count in stride(from: 0, to: whole.count, by: 1_000) {
            try whole.prefix(count).write(to: URL(filePath: path))
            var index = LedgerVerifierIndex(LedgerFiles(ledger.path))
            index.run { _ in }
            #expect(index.found.problems.count > 0, "cut to \(count)")
        }
    }

    /// All that the index says, as text.
    private static func content(_ path: String) throws -> [String] {
        let connection = try SQLiteConnection(path, .read)
        var content: [String] = []
        for table in ["entries", "event_ids", "agent_entries", "agents", "letters", "progress"] {
            let rows = try connection.prepare("SELECT * FROM \(table) ORDER BY 1, 2")
            while try rows.step() {
                let values = (0..<Int32(6)).map { column in
                    rows.withBytes(column) { "\([UInt8]($0))" }
                }
                content.append("\(table) \(values)")
            }
        }
        return content
    }

    @Test(arguments: [
        "UPDATE entries SET time = time + 1 WHERE \"index\" = 4",
        "UPDATE entries SET agent = 1 + agent % 2 WHERE \"index\" = 4",
        "UPDATE entries SET event_id = 'x' WHERE \"index\" = 4",
        "DELETE FROM entries WHERE \"index\" = 4",
        "DELETE FROM entries WHERE \"index\" = 9",
        "INSERT INTO entries VALUES(10, 'x', 1, 5)",
        "INSERT INTO entries VALUES(-3, 'x', 1, 5)",
        "DELETE FROM event_ids WHERE \"index\" = 4",
        "INSERT INTO event_ids VALUES(0, 'x', 4)",
        "UPDATE event_ids SET run = 1 WHERE \"index\" = 4",
        "UPDATE agent_entries SET agent = 1 + agent % 2 WHERE \"index\" = 4",
        "DELETE FROM agent_entries WHERE \"index\" = 4",
        "UPDATE event_ids SET \"index\" = 5 WHERE \"index\" = 4",
        "UPDATE agents SET name = name || 'x' WHERE id = 1",
        "DELETE FROM letters WHERE number = 0",
        "INSERT INTO letters VALUES(2, 5, 'malformed_event')",
        "UPDATE letters SET offset = offset + 1",
        "UPDATE letters SET reason = 'too_large'",
        "UPDATE progress SET entries = 9",
        "UPDATE progress SET letters = 1",
        "UPDATE progress SET position = position + 1",
        "UPDATE progress SET position = 0",
        "UPDATE progress SET checksum = 3",
        "DELETE FROM progress",
        "DROP TABLE letters",
        "DROP TABLE agent_entries",
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
    ])
    func findsEveryChangedRowOfTheIndex(sql: String) async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches)
        try await ledger.makeIndex()
        try SQLiteConnection(EntryIndexFormat.path(ledger.path), .update).execute(sql)
        let found = await ledger.verify()
        #expect(found.problems.count == 0)
        #expect(!found.isSound)
        #expect(found.allProblems.allSatisfy { $0.file.hasSuffix("index.sqlite") })
    }

    @Test func listsRepeatsApart() async throws {
        let ledger = try await fixture()
        try await ledger.add([[0, 1, 2], [1], [2, 3, 1]])
        let found = await ledger.verify()
        #expect(found.isSound)
        #expect(found.repeatCount == 3)
        #expect(
            found.repeats == [
                EventRepeat(eventID: LedgerFixture.id(1), index: 3, first: 1),
                EventRepeat(eventID: LedgerFixture.id(2), index: 4, first: 2),
                EventRepeat(eventID: LedgerFixture.id(1), index: 6, first: 1),
            ]
        )
    }

    @Test func tellsWhetherALedgerExtendsACheckpoint() async throws {
        let ledger = try await fixture()
        let roots = try await ledger.add(Self.batches)
        let sizes = Array(roots.keys) + [0, 5, 11]
        let found = await ledger.verify(watching: sizes)
        for (size, root) in roots {
            #expect(found.extends(size: size, root: root) == .extends)
            #expect(found.extends(size: size, root: Digest()) == .differs(root: root))
        }
        #expect(found.extends(size: 11, root: Digest()) == .isRolledBack(size: 10))
        #expect(found.extends(size: 6, root: Digest()) == .isUnknown)
        guard case .differs = found.extends(size: 5, root: Digest()) else {
            Issue.record("a size between two checkpoints has a root too")
            return
        }
    }

    /// What a writer with a bug, or somebody who can sign, would leave: all checksums are right.
    @Test(arguments: ["root", "size", "signature"])
    func findsACheckpointThatIsNotThatOfTheEntries(kind: String) async throws {
        let ledger = try await fixture()
        try await ledger.add(Self.batches) { size, root in
            guard size == 4 else { return LedgerFixture.note(size, root) }
            return switch kind {
            case "root": LedgerFixture.note(size, Digest())
            case "size": LedgerFixture.note(size + 1, root)
            default: Array("another \(size)".utf8)
            }
        }
        let found = await ledger.verify()
        #expect(found.problems.count == 1)
        #expect(found.problems.list.first?.file.contains("/entries/") == true)
        #expect(found.problems.list.first?.what.contains("checkpoint") == true)
    }

    @Test func findsAHeadOfAnotherTime() async throws {
        let ledger = try await fixture()
        try await ledger.add([[0, 1]])
        let head = try EmbeddedLedgerReader(ledger.path).head
        try await ledger.add([[2, 3]])
        let files = LedgerFiles(ledger.path)
        // An older head is a ledger that was shorter: sound, and told by a saved checkpoint.
        try LedgerTestFiles(ledger.path).setHead(head)
        #expect(await ledger.verify().extends(size: 4, root: Digest()) == .isRolledBack(size: 2))
        let newest = try LedgerOpening.open(files)
        var record = newest.record
        record.epoch += 1
        var file = try DoubleSlotFile(files.head)
        try file.writeBoth(
            LedgerHead(segment: 0, position: newest.writer.end, record: record).bytes
        )
        #expect(await !ledger.verify().isSound)
    }
}
