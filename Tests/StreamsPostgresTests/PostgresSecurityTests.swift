import ConformanceKit
import Foundation
import StreamsPostgres
import Testing

/// Connections by TLS: a server whose certificate is right, is another's, or is out of date.
@Suite(
    .enabled(
        if: ScratchPostgres.isAvailable
            && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
        "needs PostgreSQL 15 in /usr/lib/postgresql, and openssl"
    )
)
struct PostgresSecurityTests {
    /// Makes an authority, and certificates for `localhost` that are valid and out of date.
    private static let script = """
        set -e
        cd "$0"
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
        echo subjectAltName=DNS:localhost >names
        for days in 2 -1; do
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                -out "server$days.pem" -days "$days" -extfile names
        done
        chmod 600 server.key
        chmod 755 .
        if [ "$(id -u)" = 0 ]; then chown postgres server.key; fi
        """

    private func shell(_ folder: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, folder]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func connect(_ url: String) async throws -> Bool {
        let connection = PostgresConnection(try PostgresSettings(url: url))
        let isSecure = try await connection.perform { session throws(PostgresError) in
            let rows = try session.query(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )
            return rows.bool(0, 0)
        }
        await connection.close()
        return isSecure
    }

    @Test func checksTheServersCertificate() async throws {
        let folder = "/tmp/caracal-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try shell(folder)
        let server = try ScratchPostgres()
        let plain = "\(server.url)/postgres"
        let port = try PostgresSettings(url: plain).port
        let admin = PostgresConnection(try PostgresSettings(url: plain))
        func use(_ certificate: String) async throws {
            for (key, value) in [
                ("ssl_key_file", "\(folder)/server.key"),
                ("ssl_cert_file", "\(folder)/\(certificate)"), ("ssl", "on"),
            ] {
                try await admin.execute("ALTER SYSTEM SET \(key) = '\(value)'")
            }
            try await admin.execute("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(300))
        }
        func url(_ host: String, _ options: String) -> String {
            "postgres://postgres:h0rse@\(host):\(port)/postgres?\(options)"
        }
        let full = "sslmode=verify-full&sslrootcert=\(folder)/ca.pem"
        func expectRefusal(_ url: String, _ reason: String) async {
            let error = await #expect(throws: PostgresError.self) { try await connect(url) }
            let text = String(describing: error)
            #expect(text.contains(reason), "\(text)")
            #expect(!text.contains("h0rse"))
            #expect(error?.kind == .unavailable)
        }
        await expectRefusal(url("localhost", "sslmode=require"), "does not support SSL")
        try await use("server2.pem")
        #expect(try await connect(url("localhost", full)))
        #expect(try await !connect(url("localhost", "sslmode=disable")))
        await expectRefusal(url("127.0.0.1", full), "does not match host name")
        let other = "sslmode=verify-full&sslrootcert=\(folder)/server2.pem"
        await expectRefusal(url("localhost", other), "certificate verify failed")
        try await use("server-1.pem")
        await expectRefusal(url("localhost", full), "certificate")
        await admin.close()
    }
}
