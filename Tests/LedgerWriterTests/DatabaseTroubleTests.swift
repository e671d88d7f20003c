import ConformanceKit
import Foundation
import StreamsPostgres
import Testing

/// The database is full, takes no writes, or is gone, while a `ledger-writer` works; then it is well
/// again.
@Suite(
    .enabled(
        if: Stack.isAvailable && ScratchPostgres.isAvailable,
        "needs CARACAL_TEST_KAFKA and PostgreSQL 15 in /usr/lib/postgresql"
    ),
    .serialized
)
struct DatabaseTroubleTests {
    @Test(
        .enabled(
            if: ScratchPostgres.canHaveSmallDisk,
            "needs to be root, and allowed to mount a disk that is soon full"
        )
    )
    func waitsWhileTheDiskIsFull() async throws {
        let server = try ScratchPostgres(smallDisk: 64)
        let admin = try admin(of: server)
        try await admin.execute("CREATE TABLESPACE small LOCATION '\(server.smallDisk)'")
        try await admin.execute("CREATE DATABASE d TABLESPACE small TEMPLATE template0")
        try await endure(
            server,
            database: "\(server.url)/d",
            expecting: "No space left on device",
            counted: "not_writable"
        ) {
            let path = "\(server.smallDisk)/fill"
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            let fill = try #require(FileHandle(forWritingAtPath: path))
            // One page at a time, until the last one is gone.
            while (try? fill.write(contentsOf: Data(count: 4_096))) != nil {}
            try fill.close()
        } heal: {
            try FileManager.default.removeItem(atPath: "\(server.smallDisk)/fill")
        }
        await admin.close()
    }

    @Test func waitsWhileTheDatabaseIsReadOnly() async throws {
        let server = try ScratchPostgres()
        let admin = try admin(of: server)
        try await admin.execute("CREATE DATABASE d TEMPLATE template0")
        func set(_ isReadOnly: Bool) async throws {
            try await admin.execute(
                "ALTER DATABASE d SET default_transaction_read_only = \(isReadOnly)"
            )
        }
        try await endure(
            server,
            database: "\(server.url)/d",
            expecting: "read-only transaction",
            counted: nil
        ) {
            try await set(true)
            // As at a failover: who was connected has to connect again, and finds a standby.
            try await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'd'"
            )
        } heal: {
            // The connections that were made meanwhile stay read-only for as long as they live.
            try await set(false)
        }
        await admin.close()
    }

    @Test func waitsWhileTheServerIsGone() async throws {
        let server = try ScratchPostgres()
        let admin = try admin(of: server)
        try await admin.execute("CREATE DATABASE d TEMPLATE template0")
        await admin.close()
        try await endure(
            server,
            database: "\(server.url)/d",
            expecting: "Connection refused",
            counted: nil
        ) {
            try server.kill()
        } heal: {
            try server.start()
        }
    }

    private func admin(of server: ScratchPostgres) throws -> PostgresConnection {
        PostgresConnection(try PostgresSettings(url: "\(server.url)/postgres"))
    }

    /// Has a writer meet trouble while it writes, and get over it.
    private func endure(
        _ server: ScratchPostgres,
        database: String,
        expecting text: String,
        counted reason: String?,
        break: () async throws -> Void,
        heal: () async throws -> Void
    ) async throws {
        try await Stack.with(partitions: 2, database: database) { stack in
            let writer = try stack.writer()
            let port = try await writer.metricsPort()
            var produced = 0
            func produce(_ count: Int) async throws {
                try await stack.produce((produced..<produced + count).map { Stack.event($0) })
                produced += count
            }
            try await produce(3_000)
            try await stack.waitUntil(done: 1_000)
            try await `break`()
            try await produce(2_000)
            try await writer.wait(for: "degraded, for a reason") {
                let health = try await writer.health(at: port)
                return health.status == "degraded" && health.text.contains(text)
            }
            #expect(writer.errors.contains(text))
            func lag() async throws -> Double {
                var sum = 0.0
                for partition in 0..<2 {
                    let name = "kafka_consumer_lag{partition=\"\(partition)\"}"
                    sum += try await writer.metric(name, at: port) ?? 0
                }
                return sum
            }
            // What comes meanwhile is known to be behind, though nothing is written.
            try await writer.wait(for: "a lag") { try await lag() >= 1_500 }
            // It is not only slow.
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await writer.health(at: port).status == "degraded")
            #expect(
                try await writer.metric("caracal_merkle_verification_failures_total", at: port)
                    == 0
            )
            if let reason {
                let name = "caracal_retries_total{reason=\"\(reason)\"}"
                #expect(try await writer.metric(name, at: port) ?? 0 >= 1)
            }
            try await heal()
            try await stack.waitUntil(done: produced)
            try await writer.wait(for: "ready again") {
                try await writer.health(at: port).status == "ready"
            }
            #expect(try await lag() == 0)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == produced && Set(ids).count == produced)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }
}
