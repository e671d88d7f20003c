import ConformanceKit
import Ledgers
import LedgersPostgres
import StreamsPostgres

/// A database with the schema, for one test.
struct ScratchLedger: Sendable {
    let url: String
    let settings: PostgresSettings
    /// A connection as superuser.
    let connection: PostgresConnection

    /// Runs `body` with a new database.
    static func with(_ body: (ScratchLedger) async throws -> Void) async throws {
        try await PostgresServer.withDatabase { url in
            let settings = try PostgresSettings(url: url)
            let ledger = ScratchLedger(
                url: url,
                settings: settings,
                connection: PostgresConnection(settings)
            )
            try await ledger.migrate()
            try await body(ledger)
            await ledger.connection.close()
        }
    }

    /// Brings the schema up.
    @discardableResult
    func migrate() async throws -> [LedgerMigration] {
        try await connection.perform { session in
            Result { () throws(LedgerError) in try LedgerSchema.migrate(session) }
        }.get()
    }

    /// A store with its own connections.
    func store(
        _ change: (inout PostgresLedgerStore.Options) -> Void = { _ in }
    ) -> PostgresLedgerStore {
        var options = PostgresLedgerStore.Options()
        change(&options)
        return PostgresLedgerStore(settings, options: options)
    }

    /// The first column of a query's rows, as text.
    func texts(_ sql: String) async throws -> [String] {
        try await connection.perform { session throws(PostgresError) in
            let rows = try session.query(sql)
            return (0..<rows.count).map { rows.text($0, 0) }
        }
    }

    /// The number that a query returns.
    func number(_ sql: String) async throws -> Int? {
        try await connection.perform { session throws(PostgresError) in
            let rows = try session.query(sql)
            return rows.count > 0 ? rows.integer(0, 0) : nil
        }
    }

    /// What a full check of all tables finds, a line each; the notes are the sample's.
    func problems() async throws -> [String] {
        try await connection.perform { session in
            Result { () throws(LedgerError) in
                let shared = try SharedTables.verify(session)
                var problems = shared.problems.map(\.description)
                for partition in shared.partitions {
                    problems += try PostgresVerifier(
                        session,
                        partition: partition,
                        verifyNote: PostgresVerifierTests.read
                    ).run().problems.map(\.description)
                }
                return problems
            }
        }.get()
    }
}
