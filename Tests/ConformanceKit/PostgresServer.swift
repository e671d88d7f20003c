import Foundation

/// A PostgreSQL for tests: the one that `CARACAL_TEST_POSTGRES` names, or else a scratch server of
/// this process, where the programs of one are installed.
///
/// The scratch server is made when the first test asks for it, and ends with the process, however
/// that ends.
public struct PostgresServer: Sendable {
    /// Why a test was not run.
    public static let need: String =
        "needs CARACAL_TEST_POSTGRES, or PostgreSQL 15 in /usr/lib/postgresql"

    private static let programs = "/usr/lib/postgresql/15/bin"
    private static let given = ProcessInfo.processInfo.environment["CARACAL_TEST_POSTGRES"]

    /// Whether there is a server, or can be.
    public static var isAvailable: Bool {
        given != nil || FileManager.default.isExecutableFile(atPath: "\(programs)/initdb")
    }

    /// The server's URL for a superuser, without a database.
    public let url: String

    private static let shared = Result { try PostgresServer() }

    private init() throws {
        if let given = Self.given {
            url = given.hasSuffix("/") ? String(given.dropLast()) : given
        } else {
            url = try Self.start()
        }
    }

    /// Runs `body` with the URL of a new database, which is dropped afterwards.
    public static func withDatabase<Value>(
        _ body: (_ url: String) async throws -> Value
    ) async throws -> Value {
        let server = try shared.get()
        let name = "caracal_\(UUID().uuidString.replacing("-", with: "").lowercased())"
        try server.run("CREATE DATABASE \(name) ENCODING 'UTF8' TEMPLATE template0")
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(server.url(of: name)))
        } catch {
            result = .failure(error)
        }
        try server.run("DROP DATABASE \(name) WITH (FORCE)")
        return try result.get()
    }

    /// The server's URL with this database in place of its own.
    private func url(of database: String) -> String {
        let parts = url.split(separator: "?", maxSplits: 1)
        var base = String(parts[0])
        let afterScheme = base.range(of: "://").map(\.upperBound) ?? base.startIndex
        if let slash = base[afterScheme...].firstIndex(of: "/") { base = String(base[..<slash]) }
        return "\(base)/\(database)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }

    private func run(_ sql: String) throws {
        let psql = "\(Self.programs)/psql"
        let isThere = FileManager.default.isExecutableFile(atPath: psql)
        try Self.shell(
            "exec \"$0\" \"$1\" -X -q -v ON_ERROR_STOP=1 -c \"$2\"",
            [isThere ? psql : "psql", url(of: "postgres"), sql]
        )
    }

    private static func shell(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw PostgresServerError(description: "failed: \(arguments.last ?? script)")
        }
    }

    // MARK: A scratch server

    /// Keeps the pipe whose end tells the server's guard that this process has gone.
    private final class Lifeline: Sendable {
        let pipe = Pipe()
    }

    private static let lifeline = Lifeline()

    private static func start() throws -> String {
        let port = try freePort()
        let guardian = Process()
        guardian.executableURL = URL(filePath: "/bin/sh")
        guardian.arguments = ["-c", script, programs, "\(port)"]
        guardian.standardInput = lifeline.pipe
        let output = Pipe()
        guardian.standardOutput = output
        try guardian.run()
        let line = output.fileHandleForReading.availableData
        guard String(decoding: line, as: UTF8.self).hasPrefix("ready") else {
            throw PostgresServerError(description: "no scratch server could be started")
        }
        return "postgres://postgres@127.0.0.1:\(port)"
    }

    /// Makes a server as a user that is not root, says that it is ready, and ends it with its input.
    private static let script = """
        folder=$(mktemp -d /tmp/caracal-postgres.XXXXXX)
        as=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --clear-groups"
        fi
        cd "$folder"
        $as "$0/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
            >"$folder/initdb.log" 2>&1 </dev/null || { cat "$folder/initdb.log" >&2; exit 1; }
        $as "$0/pg_ctl" -D "$folder/data" -l "$folder/log" -w -s -o "-h 127.0.0.1 -p $1 -k $folder \
            -c fsync=off -c shared_buffers=64MB -c max_connections=200" start </dev/null >/dev/null
        [ $? = 0 ] || { cat "$folder/log" >&2; rm -rf "$folder"; exit 1; }
        echo ready
        exec >/dev/null 2>&1
        read -r line
        $as "$0/pg_ctl" -D "$folder/data" -m immediate -w stop
        rm -rf "$folder"
        """

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, size) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard isBound else { throw PostgresServerError(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// Why there is no server.
public struct PostgresServerError: Error, CustomStringConvertible {
    public let description: String
}
