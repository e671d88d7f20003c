import Foundation
import Synchronization

/// A PostgreSQL for tests: the one that `CARACAL_TEST_POSTGRES` names, or else a scratch server of
/// this process, where the programs of one are installed.
///
/// The scratch server is made when the first test asks for it, and ends with the process, however
/// that ends.
public struct PostgresServer: Sendable {
    /// Why a test was not run.
    public static let need: String =
        "needs CARACAL_TEST_POSTGRES, or PostgreSQL 15 in /usr/lib/postgresql"

    private static let programs = ScratchPostgres.programs
    private static let given = ProcessInfo.processInfo.environment["CARACAL_TEST_POSTGRES"]

    /// Whether there is a server, or can be.
    public static var isAvailable: Bool {
        given != nil || ScratchPostgres.isAvailable
    }

    /// The server's URL for a superuser, without a database.
    public let url: String

    private static let shared = Result { try PostgresServer() }

    private init() throws {
        if let given = Self.given {
            url = given.hasSuffix("/") ? String(given.dropLast()) : given
        } else {
            let scratch = try ScratchPostgres()
            Self.scratch.withLock { $0 = scratch }
            url = scratch.url
        }
    }

    /// The scratch server, as long as the process lives.
    private static let scratch = Mutex<ScratchPostgres?>(nil)

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
}

/// Why there is no server.
public struct PostgresServerError: Error, CustomStringConvertible {
    public let description: String
}
