import ConformanceKit
import Ledgers
import LedgersPostgres
import Streams
import StreamsPostgres
import Synchronization
import Testing

/// A connection that is cut in a COMMIT leaves in doubt what happened, and the cursor tells.
@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct CommitInDoubtTests {
    @Test(arguments: [CuttingProxy.Cut.before, .after], [0, 1, 700])
    func isSettledByTheCursor(cut: CuttingProxy.Cut, count: Int) async throws {
        try await ScratchLedger.with { ledger in
            let proxy = try CuttingProxy(to: ledger.settings.host, port: ledger.settings.port)
            defer { proxy.stop() }
            var settings = ledger.settings
            settings.host = "127.0.0.1"
            settings.port = proxy.port
            settings.security = .disable
            let store = PostgresLedgerStore(settings)
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<300, &lane, store)
            // Without entries it is a batch of one dead letter.
            let records = LedgerSample.records(
                count == 0 ? [[1]] : try (300..<300 + count).map { try LedgerSample.event($0) },
                from: 300
            )
            let upper = 300 + max(count, 1)
            let batch = try lane.commit(LedgerSample.batch(records, from: 300, to: upper))
            proxy.cut.withLock { $0 = cut }
            let error = await #expect(throws: LedgerError.self) {
                try await store.commit(batch, seal: seal(batch))
            }
            guard case .inDoubt = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let end = cut == .after ? upper : 300
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: end, epoch: 1))
            if cut == .before { try await store.commit(batch, seal: seal(batch)) }
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: upper, epoch: 1))
            try await commit(upper..<upper + 10, &lane, store)
            await store.close()
            let size = try await ledger.number("SELECT count(*) FROM caracal.entries")
            #expect(size == 310 + count)
            let letters = try await ledger.number("SELECT count(*) FROM caracal.dead_letters")
            #expect(letters == (count == 0 ? 1 : 0))
            let found = try await ledger.connection.perform { session in
                Result { () throws(LedgerError) in
                    try PostgresVerifier(
                        session,
                        partition: 0,
                        verifyNote: PostgresVerifierTests.read
                    )
                    .run()
                }
            }.get()
            #expect(found.problems == [])
        }
    }
}
