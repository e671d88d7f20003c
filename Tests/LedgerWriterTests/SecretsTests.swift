import ConformanceKit
import Foundation
import StreamsPostgres
import Testing

/// No password is shown anywhere, whatever goes wrong, and however much is logged.
@Suite(
    .enabled(
        if: Stack.isAvailable && ScratchPostgres.isAvailable,
        "needs CARACAL_TEST_KAFKA and PostgreSQL 15 in /usr/lib/postgresql"
    ),
    .serialized
)
struct SecretsTests {
    /// Part of every secret, so that a part of one is found too.
    private static let mark = "h0rse"
    private static let password = "\(mark)-database"

    private func expectNoMark(_ text: Data, _ place: String) {
        let found = text.range(of: Data(Self.mark.utf8)).map { range in
            String(decoding: text[max(0, range.lowerBound - 200)..<range.upperBound], as: UTF8.self)
        }
        #expect(found == nil, "\(place)")
    }

    private func expectNoMark(in writer: RunningProgram, _ place: String) {
        expectNoMark(Data(writer.output.utf8), "\(place), output")
        expectNoMark(writer.errorBytes, "\(place), errors")
    }

    /// Runs a writer to its end, and looks at what it says.
    private func fail(
        _ stack: Stack,
        _ settings: [String: String],
        code: Int32,
        because reason: String
    ) async throws {
        let writer = try stack.writer(
            settings.merging(["start.deadline": "1 s", "kafka.debug": "all"]) { own, _ in own }
        )
        try await writer.wait(for: "ends") { !writer.process.isRunning }
        #expect(writer.wait() == code, "\(reason): \(writer.errors.suffix(2_000))")
        let isSaid = writer.errorBytes.range(of: Data(reason.utf8)) != nil
        #expect(isSaid, "\(reason): \(writer.errors.suffix(2_000))")
        expectNoMark(in: writer, reason)
    }

    /// A database that asks for the password of its user `owner`.
    private func withStack(_ body: (Stack, _ place: String) async throws -> Void) async throws {
        let server = try ScratchPostgres()
        let admin = PostgresConnection(try PostgresSettings(url: "\(server.url)/postgres"))
        try await admin.execute("CREATE DATABASE d TEMPLATE template0")
        let place = server.url.replacing("postgres://postgres@", with: "")
        try await Stack.with(partitions: 1, database: "\(server.url)/d") { stack in
            try await admin.execute(
                """
                CREATE ROLE owner LOGIN PASSWORD '\(Self.password)' IN ROLE caracal_writer
                """
            )
            try "host all postgres all trust\nhost all all all scram-sha-256\n"
                .write(
                    toFile: "\(server.folder)/data/pg_hba.conf",
                    atomically: false,
                    encoding: .utf8
                )
            try await admin.execute("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(200))
            try await body(stack, place)
        }
        await admin.close()
    }

    @Test func areNotShownWhileItWorks() async throws {
        try await withStack { stack, place in
            let file = NSTemporaryDirectory() + "caracal-\(UUID().uuidString)"
            try Self.password.write(toFile: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: file) }
            for settings in [
                ["postgres.url": "postgres://owner:\(Self.password)@\(place)/d"],
                ["postgres.url": "postgres://owner@\(place)/d", "postgres.password-file": file],
            ] {
                let writer = try stack.writer(
                    settings.merging(["kafka.debug": "all"]) { $1 }
                )
                let port = try await writer.metricsPort()
                let before = try stack.sums().done
                try await stack.produce((0..<100).map { Stack.event($0) } + [[0]])
                try await stack.waitUntil(done: before + 101)
                for path in ["/metrics", "/health", "/health/live", "/health/ready"] {
                    let answer = try await writer.fetch(path, at: port)
                    #expect(!answer.isEmpty)
                    expectNoMark(Data(answer.utf8), path)
                }
                let admin = PostgresConnection(try PostgresSettings(url: stack.databaseURL))
                let activity = try await admin.perform { session throws(PostgresError) in
                    let rows = try session.query("SELECT a::text FROM pg_stat_activity a")
                    return (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "\n")
                }
                await admin.close()
                #expect(activity.contains("ledger-writer"))
                expectNoMark(Data(activity.utf8), "pg_stat_activity")
                writer.signal(SIGTERM)
                #expect(writer.wait() == 0)
                // The log was as full as it can be.
                let detail = Data(#""level":"debug""#.utf8)
                #expect(writer.errorBytes.range(of: detail) != nil)
                expectNoMark(in: writer, "work")
            }
        }
    }

    @Test func areNotShownWhenTheDatabaseRefuses() async throws {
        try await withStack { stack, place in
            let wrong = "\(Self.mark)-wrong"
            try await fail(
                stack,
                ["postgres.url": "postgres://owner:\(wrong)@\(place)/d"],
                code: 77,
                because: "password authentication failed"
            )
            try await fail(
                stack,
                ["postgres.url": "postgres://owner:\(wrong)@127.0.0.1:1/d"],
                code: 69,
                because: "Connection refused"
            )
            try await fail(
                stack,
                ["postgres.url": "postgres://owner:\(wrong)@\(place)/d?sslmode=require"],
                code: 69,
                because: "does not support SSL"
            )
            for url in [
                "postgres://owner:%zz\(wrong)@\(place)/d", "postgres://owner:\(wrong)@host:x/d",
                "mysql://owner:\(wrong)@\(place)/d", "\(wrong)",
                "postgres://owner:1/\(wrong)@\(place)/d", "postgres://owner:p?\(wrong)@\(place)/d",
                "postgres://owner:p?\(wrong)=1@\(place)/d",
            ] { try await fail(stack, ["postgres.url": url], code: 78, because: "postgres.url: ") }
        }
    }

    @Test func areNotShownWhenKafkaRefuses() async throws {
        try await Stack.with(partitions: 1) { stack in
            let secret = "\(Self.mark)-kafka"
            // The broker's listener speaks neither SASL nor TLS, and goes away.
            try await fail(
                stack,
                [
                    "start.deadline": "10 s", "kafka.security.protocol": "SASL_PLAINTEXT",
                    "kafka.sasl.mechanism": "SCRAM-SHA-256", "kafka.sasl.username": "me",
                    "kafka.sasl.password": secret,
                ],
                code: 77,
                because: "start.deadline"
            )
            try await fail(
                stack,
                [
                    "start.deadline": "10 s", "kafka.security.protocol": "SASL_PLAINTEXT",
                    "kafka.sasl.mechanism": "PLAIN",
                    "kafka.sasl.jaas.config": """
                    org.apache.kafka.common.security.plain.PlainLoginModule required \
                    username="me" password="\(secret)";
                    """,
                ],
                code: 77,
                because: "start.deadline"
            )
            try await fail(
                stack,
                [
                    "kafka.security.protocol": "SSL",
                    "kafka.ssl.key.location": "/nonexistent/key.pem",
                    "kafka.ssl.certificate.location": "/nonexistent/cert.pem",
                    "kafka.ssl.key.password": secret,
                ],
                code: 78,
                because: "/nonexistent/"
            )
            for settings in [
                ["kafka.ssl.keystore.password": secret, "kafka.no.such": "1"],
                [
                    "kafka.security.protocol": "SASL_PLAINTEXT",
                    "kafka.sasl.jaas.config": "nonsense \(secret)",
                ],
                [
                    "kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.password": secret,
                    "kafka.sasl.mechanism": "nonsense",
                ],
                ["kafka.ssl.truststore.password": secret],
            ] { try await fail(stack, settings, code: 78, because: "kafka.") }
        }
    }
}
