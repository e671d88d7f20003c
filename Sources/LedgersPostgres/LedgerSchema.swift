public import Ledgers
public import StreamsPostgres

/// The database's schema: whether it is there, and how it is brought up.
public enum LedgerSchema {
    /// What there is in a database, compared with what this program knows.
    public enum State: Hashable, Sendable {
        /// Nothing.
        case missing
        /// Migrations up to this version, and there are more.
        case older(Int)
        case current
        /// A version that this program does not know.
        case newer(Int)
    }

    /// The version that this program needs, and the newest that it knows.
    public static let version = LedgerMigration.all.count

    /// Looks at the database.
    ///
    /// - Throws: ``PostgresError``.
    public static func state(_ session: PostgresSession) throws(PostgresError) -> State {
        let table = try session.query("SELECT to_regclass('caracal.migrations') IS NOT NULL")
        guard table.count == 1, table.bool(0, 0) else { return .missing }
        let rows = try session.query("SELECT max(version)::bigint FROM caracal.migrations")
        guard rows.count == 1, let found = rows.integer(0, 0), found > 0 else { return .missing }
        if found == version { return .current }
        return found < version ? .older(found) : .newer(found)
    }

    /// Whether the user of the connection may write ledgers; the schema is current.
    ///
    /// - Throws: ``PostgresError``, with SQLSTATE 42501 for a user who may not even see them.
    public static func mayWrite(_ session: PostgresSession) throws(PostgresError) -> Bool {
        let rows = try session.query(
            """
            SELECT has_table_privilege('caracal.entries', 'INSERT')
                AND has_table_privilege('caracal.cursors', 'UPDATE')
                AND has_function_privilege('caracal.extend_entries(integer, bigint)', 'EXECUTE')
            """
        )
        return rows.count == 1 && rows.bool(0, 0)
    }

    /// Throws unless the schema is the one that this program knows.
    ///
    /// - Throws: ``LedgerError/unusable(_:)``, or what the database's failure means.
    public static func check(_ session: PostgresSession) throws(LedgerError) {
        switch try LedgerError.wrap({ () throws(PostgresError) in try state(session) }) {
        case .current: return
        case .missing:
            throw .unusable(reason: "the database has no ledgers: run caracal migrate")
        case .older(let found):
            throw .unusable(
                reason: "the database's schema has version \(found), not \(version): "
                    + "run caracal migrate"
            )
        case .newer(let found): throw tooNew(found)
        }
    }

    private static func tooNew(_ found: Int) -> LedgerError {
        .unusable(
            reason: "the database's schema has version \(found); this program knows \(version)"
        )
    }

    /// Runs the migrations that are missing, each in a transaction of its own; two at a time wait
    /// for each other.
    ///
    /// - Parameter session: As a user who may make schemas and, if they are missing, roles.
    /// - Returns: The migrations that were run; none if all were there.
    /// - Throws: ``LedgerError``: `unusable` for a newer schema, with nothing changed.
    @discardableResult
    public static func migrate(
        _ session: PostgresSession
    ) throws(LedgerError) -> [LedgerMigration] {
        var applied: [LedgerMigration] = []
        while let migration = try step(session) { applied.append(migration) }
        return applied
    }

    /// Runs the next migration, if there is one.
    private static func step(_ session: PostgresSession) throws(LedgerError) -> LedgerMigration? {
        defer { session.rollBack() }
        return try LedgerError.wrap { () throws(PostgresError) in
            try session.execute("BEGIN; SELECT pg_advisory_xact_lock(\(PartitionLock.space), -1)")
            return try state(session)
        } then: { (found) throws(LedgerError) in
            let done: Int
            switch found {
            case .current: return nil
            case .newer(let version): throw tooNew(version)
            case .older(let version): done = version
            case .missing:
                done = 0
                try prepare(session)
            }
            let migration = LedgerMigration.all[done]
            try LedgerError.wrap { () throws(PostgresError) in
                try session.execute(migration.sql)
                try record(migration, session)
                try session.commit()
            }
            return migration
        }
    }

    /// Notes that a step was run; the table keeps hashes of its rows since the third.
    private static func record(
        _ migration: LedgerMigration,
        _ session: PostgresSession
    ) throws(PostgresError) {
        let isHashed = migration.version >= LedgerMigration.hashes.version
        _ = try session.query(
            """
            INSERT INTO caracal.migrations (version, name, applied_at\(isHashed ? ", row_hash" : ""))
            SELECT r.*\(isHashed ? ", " + RowHash.sql(RowHash.migrations, of: "r.") : "")
            FROM (SELECT $1::bigint::integer AS version, $2::text AS name,
                clock_timestamp() AS applied_at) r
            """,
            [.integer(migration.version), .text(migration.name)]
        )
    }

    private static func prepare(_ session: PostgresSession) throws(LedgerError) {
        let encoding = try LedgerError.wrap { () throws(PostgresError) in
            let rows = try session.query("SELECT current_setting('server_encoding')")
            return rows.count == 1 ? rows.text(0, 0) : ""
        }
        guard encoding == "UTF8" else {
            throw .unusable(reason: "the database's encoding is \(encoding), and must be UTF8")
        }
        try LedgerError.wrap { () throws(PostgresError) in
            try session.execute(
                """
                CREATE SCHEMA IF NOT EXISTS caracal;
                CREATE TABLE IF NOT EXISTS caracal.migrations (
                    version integer PRIMARY KEY,
                    name text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """
            )
        }
    }
}
