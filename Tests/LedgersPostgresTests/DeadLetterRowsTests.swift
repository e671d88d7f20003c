import ConformanceKit
import Ledgers
import LedgersPostgres
import Streams
import StreamsPostgres
import Testing

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct DeadLetterRowsTests {
    /// Large letters come a few at a time.
    @Test func readsFewLargeLettersAtOnce() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            let values = (0..<9).map { _ in [UInt8](repeating: 1, count: 1 << 20) }
            let records = LedgerSample.records(values)
            let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: 9))
            try await store.commit(batch, seal: seal(batch))
            await store.close()
            try await ledger.connection.perform { session throws(PostgresError) in
                let first = try DeadLetterRows.unpublished(session, limit: 100)
                #expect(first.map(\.record.offset) == [0, 1, 2, 3])
            }
        }
    }

    /// Letters leave the outbox once they are marked.
    @Test func copiesDeadLettersUntilTheyAreMarked() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            for partition in 0..<3 {
                let claim = try await store.claim(partition)
                var lane = LedgerLane(partition: partition, claim: claim)
                let records = LedgerSample.records([[1], [2]])
                let letters = LedgerSample.batch(records, partition: partition, from: 0, to: 2)
                let batch = try lane.commit(letters)
                try await store.commit(batch, seal: seal(batch))
            }
            await store.close()
            try await ledger.connection.perform { session throws(PostgresError) in
                let first = try DeadLetterRows.unpublished(session, limit: 3)
                #expect(first.map(\.partition) == [0, 0, 1])
                #expect(first.map(\.record.bytes) == [[1], [2], [1]])
                #expect(first.allSatisfy { !$0.isPublished && !$0.isRedriven })
                try DeadLetterRows.markPublished(session, first)
                let rest = try DeadLetterRows.unpublished(session, limit: 10)
                #expect(rest.map(\.partition) == [1, 2, 2])
                try DeadLetterRows.markRedriven(session, [first[1]])
                let letter = try DeadLetterRows.letter(session, partition: 0, offset: 1)
                #expect(letter?.isPublished == true)
                #expect(letter?.isRedriven == true)
                #expect(letter?.record == first[1].record)
                #expect(try DeadLetterRows.letter(session, partition: 0, offset: 2) == nil)
            }
        }
    }
}
