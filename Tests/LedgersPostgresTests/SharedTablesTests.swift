import Checkpoints
import ConformanceKit
import Ledgers
import LedgersPostgres
import Streams
import StreamsPostgres
import Testing

/// Whatever changes in any table of the schema is found, and named.
@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct SharedTablesTests {
    /// How a problem names a row of each table: an expression of the row.
    private static let names = [
        "migrations": "version::text", "settings": "key",
        "entry_tables": "format('partition %s, lower_index %s', partition, lower_index)",
        "entries": "index::text", "tiles": "tile::text", "trees": "partition::text",
        "checkpoints": "size::text", "cursors": "partition::text",
        "marks": "'''' || convert_from(producer, 'UTF8') || ''''",
        "dead_letters": "source_offset::text",
    ]

    /// A copy of a row of each table, at a place of its own.
    private static let additions = [
        "migrations": "INSERT INTO caracal.migrations SELECT 4, name, applied_at, row_hash",
        "settings": "INSERT INTO caracal.settings SELECT key || 'x', value",
        "entry_tables": "INSERT INTO caracal.entry_tables SELECT partition, 777, 778",
        "entries": """
        INSERT INTO caracal.entries SELECT 560, 999, event_time, cost_nanos, NULL, 0, event_type,
        event_id, agent_id, resource_type, currency, NULL, payload
        """,
        "tiles": "INSERT INTO caracal.tiles SELECT partition, level, 99, hashes",
        "trees": "INSERT INTO caracal.trees SELECT 5, partial",
        "checkpoints": """
        INSERT INTO caracal.checkpoints SELECT partition, size + 1, root, range, note, epoch,
        next_offset, committed_at, previous_size, source_hash, source_sum, source_moment,
        event_keys, row_hash
        """,
        "cursors": "INSERT INTO caracal.cursors SELECT 6, topic, topic_id, 0, 0, NULL, row_hash",
        "marks": "INSERT INTO caracal.marks SELECT partition, producer || 'x', sequence, row_hash",
        "dead_letters": """
        INSERT INTO caracal.dead_letters SELECT partition, 560, reason, message, bytes,
        created_at, is_published, is_redriven, letter_hash, row_hash
        """,
    ]

    /// Two partitions, two producers, dead letters with and without entries, several tables.
    private func fill(_ ledger: ScratchLedger) async throws {
        try await ledger.connection.execute(
            "UPDATE caracal.settings SET value = '300' WHERE key = 'entries_per_table'"
        )
        let store = ledger.store()
        let key = try SignerKey(name: "log", seed: Array(repeating: 7, count: 32)).verifierKey
        try await store.establish(LedgerIdentity(origin: "log", verifierKey: key.text))
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        for numbers in [0..<1, 1..<250, 250..<310, 310..<548] {
            try await commit(numbers, &lane, store)
        }
        for (values, offset) in [([[1], []], 548), ([[2, 3]], 550)] as [([[UInt8]], Int)] {
            let records = LedgerSample.records(values, from: offset)
            let upper = offset + values.count
            let batch = try lane.commit(LedgerSample.batch(records, from: offset, to: upper))
            try await store.commit(batch, seal: seal(batch))
        }
        let other = LedgerSample.records(
            try (600..<612).map { try LedgerSample.event($0) } + [[9]],
            from: 551,
            producer: "other",
            sequence: 3
        )
        let batch = try lane.commit(LedgerSample.batch(other, from: 551, to: 564))
        try await store.commit(batch, seal: seal(batch))
        var second = LedgerLane(partition: 1, claim: try await store.claim(1))
        try await commit(0..<40, &second, store, partition: 1)
        await store.close()
    }

    private func withFilledLedger(
        _ body: (ScratchLedger, [String]) async throws -> Void
    ) async throws {
        try await ScratchLedger.with { ledger in
            try await fill(ledger)
            #expect(try await ledger.problems() == [])
            let tables = try await ledger.texts(
                """
                SELECT relname::text FROM pg_class WHERE relnamespace = 'caracal'::regnamespace
                    AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
                """
            )
            #expect(Set(tables) == Set(Self.names.keys) && Set(tables) == Set(Self.additions.keys))
            // A byte that flips on the disk asks no constraint.
            try await ledger.connection.execute(
                """
                DO $$ DECLARE c record; BEGIN
                    FOR c IN SELECT conname, conrelid::regclass AS t FROM pg_constraint
                        WHERE connamespace = 'caracal'::regnamespace AND contype = 'c'
                    LOOP
                        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', c.t, c.conname);
                    END LOOP;
                END $$;
                CREATE SCHEMA saved
                """
            )
            for table in tables {
                try await ledger.connection.execute(
                    "CREATE TABLE saved.\(table) AS TABLE caracal.\(table)"
                )
            }
            try await body(ledger, tables)
        }
    }

    private func restore(_ table: String, _ ledger: ScratchLedger) async throws {
        try await ledger.connection.execute(
            """
            DELETE FROM caracal.\(table);
            INSERT INTO caracal.\(table) SELECT * FROM saved.\(table)
            """
        )
    }

    /// Another value for a column, by its type.
    private func other(_ column: String, _ type: String, _ random: inout SplitMix) -> String {
        let number = Int.random(in: 0..<1 << 30, using: &random)
        switch type {
        case "smallint": return "(coalesce(\(column), 0) # \(1 << (number % 14)))::smallint"
        case "integer": return "coalesce(\(column), 0) # \(1 << (number % 30))"
        case "bigint": return "coalesce(\(column), 0) # (1::bigint << \(number % 62))"
        case "boolean": return "NOT \(column)"
        case "timestamp with time zone":
            return "\(column) + interval '\(1 + number % 9_999) microseconds'"
        case "text":
            let place = "1 + \(number) % greatest(length(\(column)), 1)"
            return
                "overlay(coalesce(\(column), '') placing chr(\(33 + number % 90)) from \(place) for 1)"
        case "bytea":
            let bytes = "coalesce(nullif(\(column), ''), '\\x00')"
            let place = "\(number) % octet_length(\(bytes))"
            let bit = 1 << (number / 7 % 8)
            return "set_byte(\(bytes), \(place), get_byte(\(bytes), \(place)) # \(bit))"
        default:
            Issue.record("no way to change a \(type)")
            return "NULL"
        }
    }

    /// Changes one value of one row, both by chance.
    ///
    /// - Returns: How the row was called before and after; `nil` if no value would do.
    private func flip(
        _ table: String,
        _ column: String,
        _ type: String,
        _ ledger: ScratchLedger,
        _ random: inout SplitMix
    ) async throws -> [String]? {
        for _ in 0..<500 {
            let seed = Int.random(in: 0..<1 << 30, using: &random)
            let value = other(column, type, &random)
            let names = try? await ledger.texts(
                """
                WITH old AS (SELECT tableoid AS t, ctid AS c, \(Self.names[table] ?? "") AS called
                    FROM caracal.\(table)
                    ORDER BY \(column) IS NULL, md5(\(Self.names[table] ?? "") || '\(seed)') LIMIT 1),
                new AS (UPDATE caracal.\(table) SET \(column) = \(value) FROM old
                    WHERE \(table).tableoid = old.t AND \(table).ctid = old.c
                    AND \(column) IS DISTINCT FROM \(value) RETURNING old.called, \(table).*)
                SELECT old.called FROM old, new UNION ALL SELECT \(Self.names[table] ?? "") FROM new
                """
            )
            if let names, names.count == 2 { return names }
        }
        return nil
    }

    @Test(arguments: [1, 2] as [UInt64])
    func findsAChangedValueOfAnyColumn(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        try await withFilledLedger { ledger, tables in
            for table in tables {
                let columns = try await ledger.texts(
                    """
                    SELECT column_name || '=' || data_type FROM information_schema.columns
                    WHERE table_schema = 'caracal' AND table_name = '\(table)' ORDER BY 1
                    """
                ).map { $0.split(separator: "=").map(String.init) }
                #expect(!columns.isEmpty)
                for column in columns {
                    let names = try await flip(table, column[0], column[1], ledger, &random)
                    let changed = try #require(names, "\(table).\(column[0])")
                    let problems = try await ledger.problems()
                    let isNamed = problems.contains { problem in
                        guard let place = problem.firstMatch(of: #/^(partition \d+, )?([^:]*): /#)
                        else { return false }
                        let words = place.2.split(separator: " ", maxSplits: 2)
                        return words.count == 3 && words[0].prefix { $0 != "." } == table
                            && changed.contains(String(words[2]))
                    }
                    #expect(isNamed, "\(table).\(column[0]) of \(changed): \(problems)")
                    try await restore(table, ledger)
                }
                #expect(try await ledger.problems() == [])
            }
        }
    }

    @Test func findsARowThatIsGoneOrNew() async throws {
        var random = SplitMix(state: 5)
        try await withFilledLedger { ledger, tables in
            for table in tables {
                for isNew in [false, true] {
                    let seed = Int.random(in: 0..<1 << 30, using: &random)
                    let row = """
                        FROM caracal.\(table) ORDER BY md5(\(Self.names[table] ?? "") || '\(seed)')
                        LIMIT 1
                        """
                    let sql =
                        isNew
                        ? "\(Self.additions[table] ?? "") \(row)"
                        : """
                        DELETE FROM caracal.\(table) WHERE (tableoid, ctid) = (SELECT tableoid, ctid
                            \(row))
                        """
                    #expect(try await ledger.connection.execute(sql) == [1])
                    let problems = try await ledger.problems()
                    let isNamed = problems.contains {
                        $0.contains(", \(table)") || $0.hasPrefix("\(table)")
                    }
                    #expect(isNamed, "\(sql): \(problems)")
                    try await restore(table, ledger)
                }
                #expect(try await ledger.problems() == [])
            }
        }
    }
}
