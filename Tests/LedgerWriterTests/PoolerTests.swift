import ConformanceKit
import Foundation
import StreamsPostgres
import Testing

/// The whole service through PgBouncer, which gives each transaction another connection.
@Suite(
    .enabled(if: Stack.isAvailable, Stack.need),
    .enabled(if: PostgresServerPooler.isAvailable, "\(PostgresServerPooler.need)"),
    .serialized
)
struct PoolerTests {
    @Test func losesAndDoublesNothing() async throws {
        try await Stack.with(partitions: 4) { stack in
            // Fewer connections than partitions, so that they change hands with every transaction.
            let pooler = try PostgresServerPooler(to: stack.databaseURL, connections: 3)
            func writer() throws -> RunningProgram {
                try stack.writer(["postgres.url": pooler.url])
            }
            var produced = 0
            func produce(_ count: Int) async throws {
                // Some are no events.
                try await stack.produce(
                    (produced..<produced + count).map { number in
                        number % 50 == 49 ? [0] : Stack.event(number)
                    }
                )
                produced += count
            }
            let first = try writer()
            _ = try await first.metricsPort()
            let second = try writer()
            _ = try await second.metricsPort()
            try await produce(4_000)
            try await stack.waitUntil(done: produced)
            // One dies at work, and the other takes over what it held.
            try await produce(4_000)
            try await stack.waitUntil(done: 4_200)
            first.signal(SIGKILL)
            #expect(first.wait() == -SIGKILL)
            try await stack.waitUntil(done: produced)
            let third = try writer()
            _ = try await third.metricsPort()
            try await produce(2_000)
            try await stack.waitUntil(done: produced)
            // Nothing stays with the pooler's connections, while the writers have theirs to it.
            let admin = PostgresConnection(try PostgresSettings(url: stack.databaseURL))
            let (connections, locks) = try await admin.perform { session throws(PostgresError) in
                let rows = try session.query(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                        AND backend_type = 'client backend'
                    """
                )
                let locks = try session.query(
                    """
                    SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                    WHERE l.locktype = 'advisory' AND d.datname = current_database()
                    """
                )
                return (rows.integer(0, 0), locks.integer(0, 0))
            }
            await admin.close()
            #expect(connections ?? 0 <= 3 && locks == 0)
            let pooled = PostgresConnection(try PostgresSettings(url: pooler.url))
            let statements = try await pooled.perform { session throws(PostgresError) in
                try session.query("SELECT name FROM pg_prepared_statements").count
            }
            await pooled.close()
            #expect(statements == 0)
            for writer in [second, third] {
                writer.signal(SIGTERM)
                #expect(writer.wait() == 0)
            }
            let sums = try stack.sums()
            #expect(sums.letters == produced / 50 && sums.entries == produced - sums.letters)
            let ids = try stack.eventIDs()
            #expect(ids.count == sums.entries && Set(ids).count == ids.count)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }
}
