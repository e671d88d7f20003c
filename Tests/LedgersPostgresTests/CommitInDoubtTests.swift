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
    @Test(arguments: [true, false], [0, 1, 700])
    func isSettledByTheCursor(isCommitted: Bool, count: Int) async throws {
        try await ScratchLedger.with { ledger in
            let cuts = Mutex(false)
            let proxy = try PostgresServerProxy(to: ledger.url) { _ in
                cuts.withLock { cuts in
                    defer { cuts = false }
                    guard cuts else { return .pass }
                    return isCommitted ? .cutAfter : .cutBefore
                }
            }
            defer { proxy.stop() }
            let store = PostgresLedgerStore(try PostgresSettings(url: proxy.url))
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            try await commit(0..<300, &lane, store)
            // Without entries it is a batch of one dead letter.
            let records = LedgerSample.records(
                count == 0 ? [[1]] : try (300..<300 + count).map { try LedgerSample.event($0) },
                from: 300
            )
            let upper = 300 + max(count, 1)
            let batch = try lane.commit(LedgerSample.batch(records, from: 300, to: upper))
            cuts.withLock { $0 = true }
            let error = await #expect(throws: LedgerError.self) {
                try await store.commit(batch, seal: seal(batch))
            }
            guard case .inDoubt = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(proxy.lostAnswers == (isCommitted ? 1 : 0))
            let end = isCommitted ? upper : 300
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: end, epoch: 1))
            if !isCommitted { try await store.commit(batch, seal: seal(batch)) }
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
