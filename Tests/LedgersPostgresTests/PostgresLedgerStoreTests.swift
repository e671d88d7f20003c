import ConformanceKit
import Cryptography
import Events
import Ledgers
import Merkle
import Streams
import StreamsPostgres
import Testing

@testable import LedgersPostgres

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct PostgresLedgerStoreTests {
    @Test func doesWhatEveryStoreDoes() async throws {
        try await ScratchLedger.with { ledger in
            let tables = "entries tiles trees checkpoints cursors marks dead_letters"
            let names = tables.split(separator: " ").map { "caracal.\($0)" }
            try await LedgerStoreConformance {
                try await ledger.connection.execute(
                    "TRUNCATE \(names.joined(separator: ", "))"
                )
                return ledger.store()
            } reopen: { store in
                await store.close()
                return ledger.store()
            }.runAll()
        }
    }

    /// Partitions have nothing to do with each other, and a bundle of commits has the right tiles.
    @Test func keepsPartitionsApartAndTheirTilesWhole() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            try await withThrowingTaskGroup { group in
                for partition in [0, 3, 7] {
                    group.addTask {
                        try await fill(
                            store,
                            partition,
                            sizes: [1, 254, 2, 300, 700, partition + 1]
                        )
                    }
                }
                try await group.waitForAll()
            }
            for partition in [0, 3, 7] {
                try await expectWhole(ledger, partition, size: 1_258 + partition)
            }
            await store.close()
        }
    }

    /// The tables that entries go to are made ahead, and a batch may lie in several.
    @Test func makesTablesAhead() async throws {
        try await ScratchLedger.with { ledger in
            try await ledger.connection.execute(
                "UPDATE caracal.settings SET value = '100' WHERE key = 'entries_per_table'"
            )
            let store = ledger.store()
            try await fill(store, 0, sizes: [40, 70, 250, 1, 140])
            try await expectWhole(ledger, 0, size: 501)
            let tables = try await ledger.number("SELECT count(*) FROM caracal.entry_tables")
            #expect(tables == 7)
            await store.close()
        }
    }

    /// A second store takes over while the first one's transaction is open, and stands still.
    @Test func endsTheTransactionOfAnOwnerThatStandsStill() async throws {
        try await ScratchLedger.with { ledger in
            let old = ledger.store()
            let new = ledger.store { $0.patience = .milliseconds(100) }
            var zombie = LedgerLane(partition: 0, claim: try await old.claim(0))
            try await commit(0..<5, &zombie, old)
            let batch = try LedgerSample.ledgerBatch(5..<9, with: &zombie)
            let error = await #expect(throws: LedgerError.self) {
                try await old.commit(batch) { _ throws(LedgerError) in
                    let claim = try await new.claim(0)
                    #expect(claim.cursor == Cursor(nextOffset: 5, epoch: 2))
                    return try await LedgerSample.sign(0, 9, batch.after.root)
                }
            }
            // Its connection was ended before or in the commit.
            switch error {
            case .unavailable, .inDoubt: break
            default: Issue.record("\(String(describing: error))")
            }
            let current = Cursor(nextOffset: 5, epoch: 2)
            #expect(try await old.cursor(of: 0) == current)
            await #expect(throws: LedgerError.fenced(current: current)) {
                try await old.commit(batch, seal: seal(batch))
            }
            var lane = LedgerLane(partition: 0, claim: try await new.claim(0))
            try await commit(5..<12, &lane, new)
            try await expectWhole(ledger, 0, size: 12)
            await old.close()
            await new.close()
        }
    }

    /// Killing the server process before the commit stores nothing, and the same batch can be stored.
    @Test func storesNothingIfTheConnectionIsLost() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<300, &lane, store)
            let batch = try LedgerSample.ledgerBatch(300..<600, with: &lane)
            let error = await #expect(throws: LedgerError.self) {
                try await store.commit(batch) { leaves throws(LedgerError) in
                    try await killOthers(ledger)
                    return try await LedgerSample.sign(0, batch.after.size, batch.after.root)
                }
            }
            guard case .inDoubt = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 300, epoch: 1))
            try await store.commit(batch, seal: seal(batch))
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 600, epoch: 1))
            try await killOthers(ledger)
            var lost = 0
            for _ in 0..<2 {
                do {
                    #expect(try await store.claim(0).cursor.nextOffset == 600)
                } catch LedgerError.unavailable {
                    lost += 1
                }
            }
            #expect(lost <= 1)
            try await expectWhole(ledger, 0, size: 600)
            await store.close()
        }
    }

    /// A row that is already there, behind the checkpoint, is damage: it is never written over.
    @Test func refusesToWriteOverAnEntry() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<5, &lane, store)
            try await ledger.connection.execute(
                """
                INSERT INTO caracal.entries (index, source_offset, event_time, partition, event_type,
                    event_id, agent_id, payload) VALUES (5, 5, 0, 0, 'agent_lifecycle', 'x', 'y', 'z')
                """
            )
            let batch = try LedgerSample.ledgerBatch(5..<7, with: &lane)
            let error = await #expect(throws: LedgerError.self) {
                try await store.commit(batch, seal: seal(batch))
            }
            guard case .damaged = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            await #expect(throws: LedgerError.self) { try await store.claim(0) }
            await store.close()
        }
    }

    /// What the database has changed on its way is read back, and never signed.
    @Test func findsThatTheDatabaseHasStoredSomethingElse() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<5, &lane, store)
            try await ledger.connection.execute(
                """
                CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN NEW.payload := set_byte(NEW.payload, 20, 7); RETURN NEW; END';
                CREATE TRIGGER bend BEFORE INSERT ON caracal.entries FOR EACH ROW
                    WHEN (NEW.index = 7) EXECUTE FUNCTION bend()
                """
            )
            let batch = try LedgerSample.ledgerBatch(5..<9, with: &lane)
            await #expect(throws: LedgerError.verificationFailed(index: 5)) {
                try await store.commit(batch, seal: seal(batch))
            }
            try await ledger.connection.execute("DROP TRIGGER bend ON caracal.entries")
            try await store.commit(batch, seal: seal(batch))
            try await expectWhole(ledger, 0, size: 9)
            await store.close()
        }
    }

    @Test func writesNothingToADatabaseThatIsReadOnly() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<5, &lane, store)
            let name = ledger.settings.database
            let batch = try LedgerSample.ledgerBatch(5..<9, with: &lane)
            func set(_ isReadOnly: Bool) async throws {
                try await ledger.connection.execute(
                    "ALTER DATABASE \(name) SET default_transaction_read_only = \(isReadOnly)"
                )
            }
            try await set(true)
            // Connections that there are go on as they were.
            await store.close()
            let other = ledger.store()
            let error = await #expect(throws: LedgerError.self) {
                try await other.commit(batch, seal: seal(batch))
            }
            guard case .notWritable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await other.cursor(of: 0) == Cursor(nextOffset: 5, epoch: 1))
            try await set(false)
            await other.close()
            let last = ledger.store()
            try await last.commit(batch, seal: seal(batch))
            try await expectWhole(ledger, 0, size: 9)
            await last.close()
        }
    }

    @Test func knowsATopicThatWasMadeAgain() async throws {
        try await ScratchLedger.with { ledger in
            let first = ledger.store()
            _ = try await first.claim(0)
            await first.close()
            let second = ledger.store { $0.topicID = { "AAA" } }
            #expect(try await second.claim(0).cursor.epoch == 2)
            await second.close()
            let remade = ledger.store { $0.topicID = { "BBB" } }
            for store in [remade, ledger.store { $0.topic = "else" }] {
                let error = await #expect(throws: LedgerError.self) { try await store.claim(0) }
                switch error {
                case .refused(let reason): #expect(reason.contains("it was AAA and is BBB"))
                case .unusable(let reason): #expect(reason.contains("is one of"))
                default: Issue.record("\(String(describing: error))")
                }
                #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 0, epoch: 2))
                await store.close()
            }
        }
    }

    @Test(arguments: [-1, Int(Int32.max) + 1])
    func hasNoOtherPartitions(partition: Int) async throws {
        let store = PostgresLedgerStore(PostgresSettings())
        await #expect(throws: LedgerError.self) { try await store.claim(partition) }
    }

    @Test func saysThatNoServerIsThere() async throws {
        let url = "postgres://me:h0rse@127.0.0.1:1/x?connect_timeout=2"
        let store = PostgresLedgerStore(try PostgresSettings(url: url))
        let error = await #expect(throws: LedgerError.self) { try await store.claim(0) }
        guard case .unavailable(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.contains("h0rse"))
    }

    // MARK: Helpers

    private func killOthers(_ ledger: ScratchLedger) async throws(LedgerError) {
        do {
            _ = try await ledger.texts(
                """
                SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    /// A writer that begins again knows the newest events from the keys beside the checkpoints,
    /// without reading entries; where there are none it reads them, and knows the same.
    @Test func knowsRecentEventsFromStoredKeys() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(
                partition: 0,
                claim: try await store.claim(0),
                window: EventIDWindow()
            )
            var values: [[UInt8]] = []
            for range in [0..<700, 700..<701, 701..<1_200] {
                let own = try range.map { try LedgerSample.event($0) }
                values += own
                let records = LedgerSample.records(own, from: range.lowerBound)
                let batch = try lane.commit(
                    LedgerSample.batch(records, from: range.lowerBound, to: range.upperBound)
                )
                #expect(batch.eventKeys.count == range.count)
                try await store.commit(batch, seal: seal(batch))
            }
            #expect(
                try await ledger.number(
                    "SELECT sum(octet_length(event_keys)) FROM caracal.checkpoints"
                ) == 12_000
            )
            // Nobody has said whose log it is.
            let problems = try await ledger.problems().filter { !$0.hasPrefix("settings") }
            #expect(problems == [])
            let stored = try await store.recentEvents(of: 0, limit: 600)
            try await ledger.connection.execute(
                """
                GRANT UPDATE ON
                caracal.checkpoints TO CURRENT_USER; UPDATE caracal.checkpoints SET event_keys = NULL
                """
            )
            let read = try await store.recentEvents(of: 0, limit: 600)
            for (number, value) in values.enumerated() {
                let view = try EventView(validating: value.span, in: 0..<value.count)
                let id = value.span.extracting(view.eventID)
                let leaf = RFC6962.leafHash(value.span)
                let expected: EventIDWindow.Finding = number < 600 ? .new : .repeated
                #expect(stored.find(id, leaf: leaf) == expected)
                #expect(read.find(id, leaf: leaf) == expected)
            }
            await store.close()
        }
    }
}

/// Signs what was read back, if it is the batch's tree.
func seal(_ batch: LedgerBatch) -> LedgerSeal {
    { (leaves: [Digest]) async throws(LedgerError) in
        var tree = batch.before
        tree.append(contentsOf: leaves)
        guard tree == batch.after else { throw .verificationFailed(index: batch.firstIndex) }
        return try await LedgerSample.sign(batch.offsets.partition, tree.size, tree.root)
    }
}

/// Stores the sample's events of these numbers, which are their offsets.
func commit(
    _ numbers: Range<Int>,
    _ lane: inout LedgerLane,
    _ store: PostgresLedgerStore,
    partition: Int = 0
) async throws {
    let batch = try LedgerSample.ledgerBatch(numbers, with: &lane, partition: partition)
    try await store.commit(batch, seal: seal(batch))
}

/// Stores batches of these sizes in an empty ledger.
func fill(_ store: PostgresLedgerStore, _ partition: Int, sizes: [Int]) async throws {
    var lane = LedgerLane(partition: partition, claim: try await store.claim(partition))
    var next = 0
    for size in sizes {
        try await commit(next..<next + size, &lane, store, partition: partition)
        next += size
    }
}

/// Expects the sample's events, their tree, and hashes of which every proof can be made.
func expectWhole(_ ledger: ScratchLedger, _ partition: Int, size: Int) async throws {
    let leaves = try (0..<size).map { RFC6962.leafHash(try LedgerSample.event($0)) }
    var tree = HashLists()
    tree.append(contentsOf: leaves)
    let expected = tree
    try await ledger.connection.perform { session throws(PostgresError) in
        do {
            let reader = try PostgresLedgerReader(session, partition: partition)
            #expect(reader.head.size == size)
            #expect(reader.head.root == expected.range.root)
            var found: [Digest] = []
            try reader.entries(in: 0..<size) { index, bytes in
                #expect(index == found.count)
                found.append(RFC6962.leafHash(bytes))
                return true
            }
            #expect(found == leaves)
            for number in [0, size / 2, size - 1] {
                #expect(try reader.index(ofEvent: "event-\(number)") == number)
                #expect(try reader.entry(number) == LedgerSample.event(number))
            }
            #expect(try reader.index(ofEvent: "event-\(size)") == nil)
            #expect(!session.isInTransaction)
            for old in stride(from: 1, through: size, by: 97) {
                #expect(
                    try CompactRange(size: old, from: reader.hashes)
                        == CompactRange(size: old, from: expected)
                )
            }
        } catch {
            Issue.record("\(error)")
        }
    }
}
