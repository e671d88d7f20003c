import Checkpoints
import ConformanceKit
import Cryptography
import Ledgers
import LedgersPostgres
import Merkle
import Streams
import StreamsPostgres
import Testing

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct LedgerSchemaTests {
    private func state(_ ledger: ScratchLedger) async throws -> LedgerSchema.State {
        try await ledger.connection.perform { session throws(PostgresError) in
            try LedgerSchema.state(session)
        }
    }

    @Test func isThereAfterMigratingAndOnceMoreChangesNothing() async throws {
        try await PostgresServer.withDatabase { url in
            let settings = try PostgresSettings(url: url)
            let ledger = ScratchLedger(
                url: url,
                settings: settings,
                connection: PostgresConnection(settings)
            )
            #expect(try await state(ledger) == .missing)
            let store = ledger.store()
            let error = await #expect(throws: LedgerError.self) { try await store.claim(0) }
            #expect("\(String(describing: error))".contains("caracal migrate"))
            await store.close()
            #expect(try await ledger.migrate() == LedgerMigration.all)
            #expect(try await state(ledger) == .current)
            let catalog = """
                SELECT string_agg(c.relname || c.relkind::text || coalesce(c.relacl::text, ''), ' '
                    ORDER BY c.oid) FROM pg_class c WHERE relnamespace = 'caracal'::regnamespace
                """
            let before = try await ledger.texts(catalog)
            #expect(try await ledger.migrate() == [])
            #expect(try await ledger.texts(catalog) == before)
            await ledger.connection.close()
        }
    }

    @Test func refusesANewerOneAndChangesNothing() async throws {
        try await ScratchLedger.with { ledger in
            let newer = LedgerSchema.version + 1
            try await ledger.connection.execute(
                "INSERT INTO caracal.migrations (version, name) VALUES (\(newer), 'later')"
            )
            #expect(try await state(ledger) == .newer(newer))
            await #expect(throws: LedgerError.self) { try await ledger.migrate() }
            let store = ledger.store()
            let error = await #expect(throws: LedgerError.self) { try await store.claim(0) }
            guard case .unusable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            await store.close()
        }
    }

    /// What an older schema holds stays, and is under hashes from then on.
    @Test func goesOnFromAnOlderOne() async throws {
        try await ScratchLedger.with { ledger in
            try await ledger.connection.execute(
                """
                DROP SCHEMA caracal CASCADE; CREATE SCHEMA caracal;
                CREATE TABLE caracal.migrations (version integer PRIMARY KEY, name text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
                """
            )
            for migration in LedgerMigration.all.prefix(2) {
                try await ledger.connection.execute(
                    """
                    \(migration.sql);
                    INSERT INTO caracal.migrations
                        VALUES (\(migration.version), '\(migration.name)');
                    """
                )
            }
            #expect(try await state(ledger) == .older(2))
            let note = String(decoding: Self.oldNote, as: UTF8.self)
            try await ledger.connection.execute(
                """
                INSERT INTO caracal.settings VALUES ('origin', 'log'),
                    ('verifier_key', '\(Self.key)');
                SELECT caracal.extend_entries(0, 0);
                INSERT INTO caracal.cursors VALUES (0, 'caracal.metering.events', NULL, 3, 1);
                INSERT INTO caracal.marks VALUES (0, 'sample', 0);
                INSERT INTO caracal.dead_letters (partition, source_offset, reason, message, bytes)
                    VALUES (0, 1, 'malformed_event', 'm', 'b'), (0, 2, 'malformed_event', 'm', '');
                INSERT INTO caracal.entries VALUES (0, 0, 0, 0, 0, 0, 'metering', 'event-0',
                    'agent-0', 'llm_call', 'USD', 'sample', '\\x\(Self.hex(Self.oldEntry))');
                INSERT INTO caracal.trees VALUES (0, '\\x\(Self.oldLeaf)');
                INSERT INTO caracal.checkpoints (partition, size, root, range, note, epoch,
                    next_offset) VALUES (0, 1, '\\x\(Self.oldLeaf)', '\\x\(Self.oldLeaf)',
                    '\(note)', 1, 1);
                """
            )
            #expect(try await ledger.migrate().map(\.version) == [3])
            #expect(try await state(ledger) == .current)
            #expect(try await ledger.problems() == [])
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(3..<400, &lane, store)
            let records = LedgerSample.records([[1], []], from: 400)
            let batch = try lane.commit(LedgerSample.batch(records, from: 400, to: 402))
            try await store.commit(batch, seal: seal(batch))
            await store.close()
            #expect(try await ledger.problems() == [])
        }
    }

    private static let oldEntry = (try? LedgerSample.event(0)) ?? []
    private static let oldLeaf = RFC6962.leafHash(oldEntry.span).description
    private static let oldNote = Array("0 1 \(oldLeaf)".utf8)

    private static let key =
        (try? SignerKey(name: "log", seed: Array(repeating: 7, count: 32)).verifierKey.text) ?? ""

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Two that migrate at once wait for each other.
    @Test func isMadeOnceByTwo() async throws {
        try await PostgresServer.withDatabase { url in
            let settings = try PostgresSettings(url: url)
            let counts = try await withThrowingTaskGroup { group in
                for _ in 0..<2 {
                    group.addTask {
                        let ledger = ScratchLedger(
                            url: url,
                            settings: settings,
                            connection: PostgresConnection(settings)
                        )
                        let count = try await ledger.migrate().count
                        await ledger.connection.close()
                        return count
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 }
            }
            #expect(counts == LedgerSchema.version)
        }
    }

    /// What a role may not do, the server refuses.
    @Test(arguments: [
        ("caracal_writer", "UPDATE caracal.entries SET payload = 'x'"),
        ("caracal_writer", "DELETE FROM caracal.entries"),
        ("caracal_writer", "UPDATE caracal.entries_0_0 SET payload = 'x'"),
        ("caracal_writer", "DELETE FROM caracal.entries_0_0"),
        ("caracal_writer", "TRUNCATE caracal.entries"),
        ("caracal_writer", "UPDATE caracal.tiles SET tile = 9"),
        ("caracal_writer", "DELETE FROM caracal.checkpoints"),
        ("caracal_writer", "UPDATE caracal.dead_letters SET bytes = ''"),
        ("caracal_writer", "DELETE FROM caracal.cursors"),
        ("caracal_writer", "CREATE TABLE caracal.mine ()"),
        ("caracal_writer", "UPDATE caracal.settings SET value = '1'"),
        ("caracal_reader", "SELECT * FROM caracal.dead_letters"),
        ("caracal_reader", "INSERT INTO caracal.marks VALUES (0, 'p', 1)"),
        ("caracal_reader", "SELECT caracal.extend_entries(0, 1)"),
        ("caracal_auditor", "UPDATE caracal.cursors SET epoch = 9"),
    ])
    func grantsNoMoreThanARoleNeeds(role: String, sql: String) async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            try await fill(store, 0, sizes: [3])
            await store.close()
            let error = await #expect(throws: PostgresError.self) {
                try await ledger.connection.execute("SET ROLE \(role); \(sql)")
            }
            #expect(error?.sqlState == "42501", "\(String(describing: error))")
        }
    }

    @Test func grantsAWriterWhatItNeeds() async throws {
        try await ScratchLedger.with { ledger in
            try await withWriter(ledger) { settings in
                let store = PostgresLedgerStore(settings)
                try await store.establish(LedgerIdentity(origin: "log", verifierKey: "key"))
                try await fill(store, 0, sizes: [3, 300])
                var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
                let records = LedgerSample.records([[1], []], from: 303)
                let batch = try lane.commit(LedgerSample.batch(records, from: 303, to: 305))
                try await store.commit(batch, seal: seal(batch))
                #expect(try await store.cursor(of: 0).nextOffset == 305)
                await store.close()
            }
            try await expectWhole(ledger, 0, size: 303)
        }
    }

    @Test func keepsWhoseLedgersTheyAre() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            let identity = LedgerIdentity(origin: "log", verifierKey: "log+1+key")
            try await store.establish(identity)
            try await store.establish(identity)
            for other in [
                LedgerIdentity(origin: "else", verifierKey: "log+1+key"),
                LedgerIdentity(origin: "log", verifierKey: "log+1+other"),
            ] {
                await #expect(throws: LedgerError.self) { try await store.establish(other) }
            }
            let stored = try await ledger.connection.perform { session in
                Result { () throws(LedgerError) in try LedgerIdentity.read(session) }
            }.get()
            #expect(stored == identity)
        }
    }

    /// Makes a user that has nothing but the writer's role, for as long as `body` runs.
    private func withWriter(
        _ ledger: ScratchLedger,
        _ body: (PostgresSettings) async throws -> Void
    ) async throws {
        let name = "writer_\(UInt64.random(in: 0 ... .max))"
        try await ledger.connection.execute(
            "CREATE USER \(name) PASSWORD 'pw' IN ROLE caracal_writer"
        )
        var settings = ledger.settings
        settings.user = name
        settings.setPassword("pw")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(settings))
        } catch {
            result = .failure(error)
        }
        try await ledger.connection.execute("DROP USER \(name)")
        try result.get()
    }
}
