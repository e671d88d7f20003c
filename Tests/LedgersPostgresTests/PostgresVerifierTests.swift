import ConformanceKit
import Cryptography
import Ledgers
import LedgersPostgres
import Streams
import StreamsPostgres
import Testing

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct PostgresVerifierTests {
    /// Reads the sample's notes: partition, size, root.
    static func read(_ note: [UInt8]) -> (size: Int, root: Digest)? {
        let words = String(decoding: note, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let size = Int(words[1]) else { return nil }
        var bytes: [UInt8] = []
        var rest = words[2]
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return Digest(bytes.span).map { (size, $0) }
    }

    private func verify(
        _ ledger: ScratchLedger,
        watching sizes: [Int] = []
    ) async throws -> PostgresVerification {
        try await ledger.connection.perform { session in
            Result { () throws(LedgerError) in
                var options = PostgresVerifier.Options()
                options.watchedSizes = sizes
                return try PostgresVerifier(
                    session,
                    partition: 0,
                    options: options,
                    verifyNote: Self.read
                ).run()
            }
        }.get()
    }

    /// 2,600 entries in batches, two dead letters at the end.
    private func fill(_ ledger: ScratchLedger) async throws {
        let store = ledger.store()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        for numbers in [0..<1, 1..<300, 300..<513, 513..<2_600] {
            try await commit(numbers, &lane, store)
        }
        let records = LedgerSample.records([[1], []], from: 2_600)
        let batch = try lane.commit(LedgerSample.batch(records, from: 2_600, to: 2_602))
        try await store.commit(batch, seal: seal(batch))
        await store.close()
    }

    @Test func findsNothingInASoundLedger() async throws {
        try await ScratchLedger.with { ledger in
            try await fill(ledger)
            let found = try await verify(ledger, watching: [0, 300, 301, 2_600, 2_601])
            #expect(found.problems == [])
            #expect(found.size == 2_600)
            #expect(found.entries == 2_600)
            #expect(found.checkpoints == 4)
            #expect(found.tiles == 10)
            #expect(found.deadLetters == 2)
            #expect(found.nextOffset == 2_602)
            #expect(found.repeatCount == 0)
            #expect(found.roots.keys.sorted() == [0, 300, 301, 2_600])
            #expect(found.roots[2_600] == found.root)
        }
    }

    @Test func findsNothingInAnEmptyLedger() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            _ = try await store.claim(0)
            await store.close()
            #expect(try await verify(ledger).problems == [])
        }
    }

    /// Every way to change a row is found, and the row is named.
    @Test(
        arguments: [
            (
                "entries", "payload", 700,
                "UPDATE caracal.entries SET payload = set_byte(payload, 3, 9)"
            ),
            (
                "entries", "payload", 2_590,
                "UPDATE caracal.entries SET payload = set_byte(payload, 9, 9)"
            ),
            ("entries", "source_offset", 700, "UPDATE caracal.entries SET source_offset = 3"),
            ("entries", "source_offset", 2_599, "UPDATE caracal.entries SET source_offset = 9999"),
            (
                "entries", "event_time", 700,
                "UPDATE caracal.entries SET event_time = event_time # 1"
            ),
            (
                "entries", "cost_nanos", 700,
                "UPDATE caracal.entries SET cost_nanos = cost_nanos # 1"
            ),
            ("entries", "sequence", 700, "UPDATE caracal.entries SET sequence = 9"),
            ("entries", "sequence", 2_599, "UPDATE caracal.entries SET sequence = 9999"),
            ("entries", "event_type", 7, "UPDATE caracal.entries SET event_type = 'policy_change'"),
            ("entries", "event_id", 700, "UPDATE caracal.entries SET event_id = event_id || 'x'"),
            ("entries", "agent_id", 700, "UPDATE caracal.entries SET agent_id = ''"),
            ("entries", "resource_type", 7, "UPDATE caracal.entries SET resource_type = NULL"),
            ("entries", "currency", 700, "UPDATE caracal.entries SET currency = 'EUR'"),
            ("entries", "producer", 700, "UPDATE caracal.entries SET producer = 'else'"),
            ("entries", nil, 700, "DELETE FROM caracal.entries"),
            ("entries", nil, 2_599, "DELETE FROM caracal.entries"),
            ("entries", nil, 0, "DELETE FROM caracal.entries"),
            ("tiles", "hashes", 3, "UPDATE caracal.tiles SET hashes = set_byte(hashes, 40, 1)"),
            ("tiles", nil, 3, "DELETE FROM caracal.tiles"),
            ("tiles", nil, 3, "UPDATE caracal.tiles SET level = 5"),
            (
                "trees", "partial", nil,
                "UPDATE caracal.trees SET partial = set_byte(partial, 40, 1)"
            ),
            ("trees", "partial", nil, "DELETE FROM caracal.trees"),
            (
                "checkpoints", "root", 300,
                "UPDATE caracal.checkpoints SET root = set_byte(root, 0, 1)"
            ),
            (
                "checkpoints", "range", 300,
                "UPDATE caracal.checkpoints SET range = set_byte(range, 0, 1)"
            ),
            ("checkpoints", "note", 300, "UPDATE caracal.checkpoints SET note = '0 301 00'"),
            ("checkpoints", "epoch", 300, "UPDATE caracal.checkpoints SET epoch = 9"),
            ("checkpoints", "next_offset", 300, "UPDATE caracal.checkpoints SET next_offset = 4"),
            ("checkpoints", "size", 2_700, "UPDATE caracal.checkpoints SET size = 2700 "),
            ("checkpoints", nil, 2_600, "DELETE FROM caracal.checkpoints"),
            ("cursors", nil, nil, "UPDATE caracal.cursors SET next_offset = 5"),
            ("cursors", nil, nil, "DELETE FROM caracal.cursors"),
            ("marks", nil, nil, "UPDATE caracal.marks SET sequence = 5"),
            ("marks", nil, nil, "DELETE FROM caracal.marks"),
            ("dead_letters", nil, 2_601, "UPDATE caracal.dead_letters SET source_offset = 2700"),
        ] as [(String, String?, Int?, String)]
    )
    func findsWhatWasChanged(table: String, column: String?, row: Int?, sql: String) async throws {
        try await ScratchLedger.with { ledger in
            try await fill(ledger)
            let condition =
                switch table {
                case "entries": "WHERE index = \(row ?? 0)"
                case "tiles": "WHERE tile = 3"
                case "checkpoints": "WHERE size = \(row == 2_700 ? 300 : row ?? 0)"
                case "dead_letters": "WHERE source_offset = 2601"
                default: ""
                }
            try await ledger.connection.execute(
                "SET session_replication_role = replica; \(sql) \(condition)"
            )
            let found = try await verify(ledger)
            #expect(!found.isSound)
            // What names no row of the table itself shows in rows that depend on it.
            guard let column, let row else { return }
            let isNamed = found.problems.contains {
                $0.table == table && $0.column == column && $0.index == row
            }
            #expect(isNamed || row == 2_700 && table == "checkpoints", "\(found.problems)")
        }
    }

    @Test func listsRepeatedIdentifiers() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            var values = try (0..<10).map { try LedgerSample.event($0) }
            values.append(try LedgerSample.conflicting(with: 4))
            let records = LedgerSample.records(values)
            let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: 11))
            try await store.commit(batch, seal: seal(batch))
            await store.close()
            let found = try await verify(ledger)
            #expect(found.isSound)
            #expect(found.repeats == [PostgresRepeat(eventID: "event-4", index: 10, first: 4)])
            #expect(found.repeatCount == 1)
        }
    }
}
