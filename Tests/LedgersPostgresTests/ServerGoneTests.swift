import ConformanceKit
import Ledgers
import LedgersPostgres
import Merkle
import Streams
import StreamsPostgres
import Testing

/// The server is killed at different moments, and comes back.
@Suite(.enabled(if: ScratchPostgres.isAvailable, "\(ScratchPostgres.need)"))
struct ServerGoneTests {
    private func migrate(_ settings: PostgresSettings) async throws {
        let connection = PostgresConnection(settings)
        _ = try await connection.perform { session in
            Result { () throws(LedgerError) in try LedgerSchema.migrate(session) }
        }.get()
        await connection.close()
    }

    @Test func losesAndDoublesNothing() async throws {
        let server = try ScratchPostgres()
        let settings = try PostgresSettings(url: "\(server.url)/postgres")
        try await migrate(settings)
        let store = PostgresLedgerStore(settings)
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        var next = 0
        for round in 0..<3 {
            try await commit(next..<next + 100, &lane, store)
            next += 100
            let batch = try LedgerSample.ledgerBatch(next..<next + 50, with: &lane)
            // Between the entries and the commit, or between two batches.
            let error = await #expect(throws: LedgerError.self) {
                if round == 1 { try server.kill() }
                try await store.commit(batch) { _ throws(LedgerError) in
                    if round != 1 { try? server.kill() }
                    return try await LedgerSample.sign(0, batch.after.size, batch.after.root)
                }
            }
            switch error {
            case .unavailable, .inDoubt: break
            default: Issue.record("\(String(describing: error))")
            }
            await #expect(throws: LedgerError.self) { try await store.cursor(of: 0) }
            try server.start()
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: next, epoch: 1))
            try await store.commit(batch, seal: seal(batch))
            next += 50
        }
        await store.close()
        let connection = PostgresConnection(settings)
        let found = try await connection.perform { session in
            Result { () throws(LedgerError) in
                try PostgresVerifier(session, partition: 0, verifyNote: PostgresVerifierTests.read)
                    .run()
            }
        }.get()
        await connection.close()
        #expect(found.problems == [])
        #expect(found.size == next)
    }
}
