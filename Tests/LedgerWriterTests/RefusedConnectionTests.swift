import ConformanceKit
import Foundation
import StreamsPostgres
import Testing

/// What a `ledger-writer` says about a database that it cannot use, and how it ends.
@Suite(
    .enabled(
        if: Stack.isAvailable && ScratchPostgres.isAvailable,
        "needs CARACAL_TEST_KAFKA and PostgreSQL 15 in /usr/lib/postgresql"
    ),
    .serialized
)
struct RefusedConnectionTests {
    private static let secret = "h0rsebattery"

    /// Runs a writer to its end, which comes soon.
    private func refusal(
        _ stack: Stack,
        _ url: String
    ) async throws -> (code: Int32, errors: String) {
        let start = Date.now
        let writer = try stack.writer(["postgres.url": url, "start.deadline": "1 s"])
        try await writer.wait(for: "ends") { !writer.process.isRunning }
        #expect(Date.now.timeIntervalSince(start) < 10)
        #expect(!writer.errors.contains(Self.secret))
        return (writer.wait(), writer.errors)
    }

    @Test func saysWhoMayNotWrite() async throws {
        let server = try ScratchPostgres()
        let admin = PostgresConnection(try PostgresSettings(url: "\(server.url)/postgres"))
        try await admin.execute("CREATE DATABASE d TEMPLATE template0")
        let place = server.url.replacing("postgres://postgres@", with: "")
        try await Stack.with(partitions: 1, database: "\(server.url)/d") { stack in
            for name in ["stranger", "reader", "writer"] {
                try await admin.execute("CREATE ROLE \(name) LOGIN PASSWORD '\(Self.secret)'")
            }
            try await admin.execute(
                "GRANT caracal_reader TO reader; GRANT caracal_writer TO writer"
            )
            var found = try await refusal(stack, "postgres://stranger@\(place)/d")
            #expect(found.code == 77)
            #expect(found.errors.contains("permission denied for schema caracal"))
            found = try await refusal(stack, "postgres://reader@\(place)/d")
            #expect(found.code == 77)
            #expect(found.errors.contains("caracal_writer"))
            found = try await refusal(stack, "postgres://writer@\(place)/nowhere")
            #expect(found.code == 78)
            #expect(
                found.errors.contains("database \\\"nowhere\\\" does not exist")
                    || found.errors.contains("database \"nowhere\" does not exist")
            )
            // From here on a password is asked for.
            let rules = "\(server.folder)/data/pg_hba.conf"
            try "host all postgres all trust\nhost all all all scram-sha-256\n"
                .write(toFile: rules, atomically: false, encoding: .utf8)
            try await admin.execute("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(200))
            found = try await refusal(stack, "postgres://writer:\(Self.secret)x@\(place)/d")
            #expect(found.code == 77)
            #expect(found.errors.contains("password authentication failed for user"))
            let writer = try stack.writer([
                "postgres.url": "postgres://writer:\(Self.secret)@\(place)/d"
            ])
            try await stack.produce([Stack.event(0)])
            try await stack.waitUntil(done: 1)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
        }
        await admin.close()
    }

    @Test func saysWhichSchemaIsThere() async throws {
        try await Stack.with(partitions: 1) { stack in
            let admin = PostgresConnection(try PostgresSettings(url: stack.databaseURL))
            try await admin.execute("UPDATE caracal.migrations SET version = version + 100")
            var found = try await refusal(stack, stack.databaseURL)
            #expect(found.code == 65)
            #expect(found.errors.contains("use a newer one"))
            try await admin.execute(
                """
                UPDATE caracal.migrations SET version = version - 100;
                DELETE FROM caracal.migrations WHERE version > 1
                """
            )
            found = try await refusal(stack, stack.databaseURL)
            #expect(found.code == 78)
            #expect(found.errors.contains("run 'caracal migrate'"))
            #expect(found.errors.contains("has version 1"))
            await admin.close()
        }
    }

    /// A server that accepts, and never says a word.
    @Test func waitsNotForeverForAServerThatIsSilent() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        try #require(isBound)
        let port = UInt16(bigEndian: address.sin_port)
        try await Stack.with(partitions: 1) { stack in
            let found = try await refusal(
                stack,
                "postgres://u:\(Self.secret)@127.0.0.1:\(port)/d"
            )
            #expect(found.code == 69)
            #expect(found.errors.contains("no answer in time"))
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
            "needs openssl"
        )
    )
    func checksTheServersCertificate() async throws {
        let server = try ScratchPostgres()
        try Self.makeCertificates(in: server.folder)
        let plain = "\(server.url)/d"
        let port = try PostgresSettings(url: plain).port
        let admin = PostgresConnection(try PostgresSettings(url: "\(server.url)/postgres"))
        try await admin.execute("CREATE DATABASE d TEMPLATE template0")
        func use(_ certificate: String) async throws {
            for (key, value) in [
                ("ssl_key_file", "\(server.folder)/server.key"),
                ("ssl_cert_file", "\(server.folder)/\(certificate)"), ("ssl", "on"),
            ] {
                try await admin.execute("ALTER SYSTEM SET \(key) = '\(value)'")
            }
            try await admin.execute("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(300))
        }
        func url(_ host: String) -> String {
            "postgres://postgres:\(Self.secret)@\(host):\(port)/d"
                + "?sslmode=verify-full&sslrootcert=\(server.folder)/ca.pem"
        }
        try await Stack.with(partitions: 1, database: plain) { stack in
            try await use("server2.pem")
            var found = try await refusal(stack, url("127.0.0.1"))
            #expect(found.code == 69)
            #expect(found.errors.contains("does not match host name"))
            let writer = try stack.writer(["postgres.url": url("localhost")])
            try await stack.produce([Stack.event(0)])
            try await stack.waitUntil(done: 1)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            try await use("server-1.pem")
            found = try await refusal(stack, url("localhost"))
            #expect(found.code == 69)
            #expect(found.errors.contains("certificate verify failed"))
        }
        await admin.close()
    }

    /// Makes an authority, and certificates for `localhost` that are valid and out of date.
    private static func makeCertificates(in folder: String) throws {
        let script = """
            set -e
            cd "$0"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
            openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
                -subj /CN=localhost
            echo subjectAltName=DNS:localhost >names
            for days in 2 -1; do
                openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                    -out "server$days.pem" -days "$days" -extfile names
            done
            chmod 600 server.key
            if [ "$(id -u)" = 0 ]; then chown postgres server.key; fi
            """
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, folder]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
