import Foundation

/// A PgBouncer in front of a PostgreSQL, which gives each transaction another connection.
///
/// Ends with the process, however that ends.
public final class PostgresServerPooler: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    /// Why a test was not run.
    public static let need: String = "needs PgBouncer in /usr/sbin"

    /// Whether the program is installed.
    public static var isAvailable: Bool {
        FileManager.default.isExecutableFile(atPath: program)
    }

    /// The way to the same database, through the pooler.
    public let url: String
    /// Closing it ends the pooler.
    private let leash: FileHandle

    /// Starts a pooler on a free port.
    ///
    /// - Parameters:
    ///   - url: Of a database on a server that is reached by TCP, without a password.
    ///   - connections: How many connections it has to the server.
    /// - Throws: ``PostgresServerError``.
    public init(to url: String, connections: Int) throws {
        guard let parts = URLComponents(string: url), let host = parts.host else {
            throw PostgresServerError(description: "no URL: \(url)")
        }
        let port = try ScratchPostgres.freePort()
        let database = parts.path.dropFirst()
        let user = parts.user ?? "postgres"
        let settings = """
            [databases]
            \(database) = host=\(host) port=\(parts.port ?? 5_432) dbname=\(database) user=\(user)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(connections)
            server_reset_query_always = 0
            """
        let script = """
            folder=$(mktemp -d /tmp/caracal-pooler.XXXXXX) || exit 1
            printf '%s\\n' "$2" >"$folder/settings"
            as=
            if [ "$(id -u)" = 0 ]; then
                chown -R postgres "$folder"
                as="setpriv --reuid=postgres --regid=postgres --clear-groups"
            fi
            cd "$folder"
            $as "$1" "$folder/settings" >"$folder/log" 2>&1 </dev/null &
            pid=$!
            for _ in $(seq 100); do
                grep -q 'process up' "$folder/log" && break
                sleep 0.05
            done
            if grep -q 'process up' "$folder/log"; then echo started; else cat "$folder/log"; fi
            read -r _
            kill "$pid"
            wait "$pid"
            rm -rf "$folder"
            """
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, "sh", Self.program, settings]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        leash = input.fileHandleForWriting
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard answer == "started\n" else {
            throw PostgresServerError(description: "PgBouncer did not start: \(answer)")
        }
        self.url = "postgres://\(user)@127.0.0.1:\(port)/\(database)?sslmode=disable&pooled=true"
    }

    deinit { try? leash.close() }
}
