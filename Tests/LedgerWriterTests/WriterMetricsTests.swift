import ConformanceKit
import Foundation
import StreamsKafka
import StreamsPostgres
import Testing

/// The metrics of a service that works, each held against what it is named for.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized)
struct WriterMetricsTests {
    @Test func tellWhatTheyAreNamedFor() async throws {
        try await Stack.with(partitions: 2) { stack in
            let writer = try stack.writer(["kafka.statistics.interval.ms": "200"])
            let port = try await writer.metricsPort()
            func metric(_ name: String) async throws -> Double {
                try await writer.metric(name, at: port) ?? -1
            }
            // Of one agent, so that all are in one partition.
            func event(_ id: String, _ cost: String, _ note: String = "") -> [UInt8] {
                Array(
                    """
                    {"event_id":"\(id)","agent_id":"a","resource_type":"r","timestamp":1,\
                    "cost":"\(cost)","currency":"USD","note":"\(note)"}
                    """.utf8
                )
            }
            let records =
                (0..<50).map { event("e\($0)", "1") } + [event("e7", "1"), event("e8", "1")]
                + (0..<3).map { event("e\($0)", "2") } + (0..<5).map { _ in [0] }
                + (0..<4).map { event("l\($0)", "1", String(repeating: "x", count: 70_000)) }
            try await stack.produce(records.count) { number, batch in
                batch.append(key: "a", value: records[number], partition: 1)
            }
            try await stack.waitUntil(done: records.count)
            for (reason, count) in ["malformed_event": 5, "too_large": 4, "id_conflict": 3] {
                let name = "caracal_dead_letters_total{partition=\"1\",reason=\"\(reason)\"}"
                #expect(try await metric(name) == Double(count), "\(name)")
            }
            #expect(try await metric("caracal_entries_total{partition=\"1\"}") == 50)
            #expect(try await metric("caracal_duplicates_total{partition=\"1\"}") == 2)
            for partition in 0..<2 {
                #expect(try await metric("kafka_consumer_lag{partition=\"\(partition)\"}") == 0)
            }
            // A root for each batch with entries, and no longer than the commit with it.
            let roots = try await metric("caracal_merkle_processing_seconds_count")
            let commits = try await metric("caracal_commit_seconds_count")
            #expect(roots >= 1 && roots <= commits)
            let rootTime = try await metric("caracal_merkle_processing_seconds_sum")
            #expect(rootTime > 0)
            #expect(try await metric("caracal_commit_seconds_sum") >= rootTime)
            let admin = PostgresConnection(try PostgresSettings(url: stack.databaseURL))
            func waitForConnections() async throws {
                try await writer.wait(for: "as many connections as the server has") {
                    let count = try await admin.perform { session throws(PostgresError) in
                        try session.query(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database()
                                AND application_name = 'ledger-writer'
                            """
                        ).integer(0, 0) ?? 0
                    }
                    return try await metric("caracal_database_connections") == Double(count)
                        && count >= 2
                }
            }
            try await waitForConnections()
            // They are counted down when they are lost, too.
            try await admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'ledger-writer'
                """
            )
            try await stack.produce((0..<20).map { Stack.event($0) } + [[0]])
            try await stack.waitUntil(done: records.count + 21)
            try await waitForConnections()
            await admin.close()
            try await writer.wait(for: "figures of the client") {
                try await metric("caracal_kafka_brokers_up") == 1
            }
            #expect(try await metric("caracal_kafka_received_bytes_total") > 5_000)
            #expect(try await metric("caracal_kafka_rebalances_total") >= 1)
            #expect(try await metric("caracal_kafka_queued_records") == 0)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
        }
    }
}
