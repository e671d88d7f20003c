import Checkpoints
public import Ledgers
public import StreamsPostgres

/// Checks the tables that belong to no partition: migrations, settings, and the list of the tables
/// that entries lie in.
///
/// Needs the role `caracal_auditor`.
public struct SharedTables: Sendable {
    public private(set) var problems: [PostgresProblem] = []
    /// Every partition that any table has a row of, in order.
    public private(set) var partitions: [Int] = []

    /// Checks them.
    ///
    /// - Parameter session: In no transaction; its calls block.
    /// - Returns: What was found. Where the migrations are not as they were written, nothing else is
    ///   looked at.
    /// - Throws: ``LedgerError``: `unusable` for an older, newer or missing schema.
    public static func verify(_ session: PostgresSession) throws(LedgerError) -> SharedTables {
        var found = SharedTables()
        try found.checkMigrations(session)
        guard found.problems.isEmpty else { return found }
        try LedgerSchema.check(session)
        try found.checkSettings(session)
        try found.checkEntryTables(session)
        try found.findPartitions(session)
        return found
    }

    private mutating func note(_ what: String, _ table: String, _ column: String?, row: String) {
        problems.append(
            PostgresProblem(what: what, partition: nil, table: table, column: column, row: row)
        )
    }

    private static func query(
        _ session: PostgresSession,
        _ sql: String
    ) throws(LedgerError) -> PostgresRows {
        try LedgerError.wrap { () throws(PostgresError) in try session.query(sql) }
    }

    // MARK: Migrations

    private mutating func checkMigrations(_ session: PostgresSession) throws(LedgerError) {
        let table = try Self.query(
            session,
            """
            SELECT count(*) FROM pg_catalog.pg_attribute WHERE attname = '\(RowHash.name)'
                AND attrelid = to_regclass('caracal.migrations') AND NOT attisdropped
            """
        )
        // Before there were hashes, nothing more than the version is known.
        guard table.integer(0, 0) == 1 else { return }
        let rows = try Self.query(
            session,
            """
            SELECT version::bigint, name, \(RowHash.isRight(RowHash.migrations))
            FROM caracal.migrations ORDER BY version
            """
        )
        let known = LedgerMigration.all
        var next = 1
        for row in 0..<rows.count {
            let version = rows.integer(row, 0) ?? 0
            if !rows.bool(row, 2) {
                note("is not as it was written", "migrations", nil, row: "\(version)")
            } else if version != next {
                note("is missing", "migrations", "version", row: "\(next)")
            } else if known.indices.contains(next - 1), known[next - 1].name != rows.text(row, 1) {
                note("is not that of this step", "migrations", "name", row: "\(version)")
            }
            next = version + 1
        }
        if next <= LedgerMigration.hashes.version {
            note("is missing", "migrations", "version", row: "\(next)")
        }
    }

    // MARK: Settings and tables

    private mutating func checkSettings(_ session: PostgresSession) throws(LedgerError) {
        let rows = try Self.query(session, "SELECT key FROM caracal.settings ORDER BY key")
        let keys = (0..<rows.count).map { rows.text($0, 0) }
        let known = ["entries_per_table", "origin", "verifier_key"]
        for key in keys where !known.contains(key) {
            note("is no setting", "settings", "key", row: key)
        }
        let written = try Self.query(session, "SELECT count(*) FROM caracal.cursors")
        let hasIdentity = keys.contains("origin") || keys.contains("verifier_key")
        for key in known where !keys.contains(key) {
            // Whose ledgers they are is not known before the first writer.
            if key == known[0] || hasIdentity || written.integer(0, 0) != 0 {
                note("is missing", "settings", nil, row: key)
            }
        }
        guard let identity = try LedgerIdentity.read(session) else { return }
        let key = try? VerifierKey(parsing: identity.verifierKey)
        if let key, key.name != identity.origin {
            note("is not the name of the stored key", "settings", "value", row: "origin")
        } else if key == nil {
            note("is no vkey", "settings", "value", row: "verifier_key")
        }
    }

    /// Holds the list against the tables that there are, and both against the setting.
    private mutating func checkEntryTables(_ session: PostgresSession) throws(LedgerError) {
        let rows = try Self.query(
            session,
            """
            WITH made AS (
                SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
                FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'caracal.entries'::regclass
            ), listed AS (
                SELECT partition, lower_index, upper_index, coalesce(lag(upper_index)
                        OVER (PARTITION BY partition ORDER BY lower_index), 0) AS upper_before,
                    format('entries_%s_%s', partition, lower_index) AS name,
                    format('FOR VALUES FROM (%s, %L) TO (%s, %L)', partition, lower_index,
                        partition, upper_index) AS bound
                FROM caracal.entry_tables
            )
            SELECT format('partition %s, lower_index %s', l.partition, l.lower_index), m.name,
                l.bound IS NOT DISTINCT FROM m.bound AND l.lower_index = l.upper_before,
                l.upper_index - l.lower_index IS NOT DISTINCT FROM (SELECT CASE WHEN
                    value ~ '^[0-9]{1,18}$' THEN greatest(value::bigint, 1) END
                    FROM caracal.settings WHERE key = 'entries_per_table'), l.name IS NULL
            FROM listed l FULL JOIN made m ON m.name = l.name ORDER BY 1, 2
            """
        )
        var isWidthRight = true
        for row in 0..<rows.count {
            if rows.bool(row, 4) {
                note(
                    "the table \(rows.text(row, 1)) is not listed",
                    "entry_tables",
                    nil,
                    row: "none"
                )
            } else if !rows.bool(row, 2) {
                note("there is no such table", "entry_tables", nil, row: rows.text(row, 0))
            } else if !rows.bool(row, 3) {
                isWidthRight = false
            }
        }
        if !isWidthRight {
            let what = "is not what the tables of the entries were made with"
            note(what, "settings", "value", row: "entries_per_table")
        }
    }

    // MARK: Partitions

    private mutating func findPartitions(_ session: PostgresSession) throws(LedgerError) {
        let small = ["cursors", "entry_tables", "trees", "marks", "dead_letters"]
            .map { "SELECT partition FROM caracal.\($0)" }
        let large = ["entries", "tiles", "checkpoints"].map { table in
            // Jumps from one partition to the next along the key.
            """
            (WITH RECURSIVE p AS (
                (SELECT partition FROM caracal.\(table) ORDER BY partition LIMIT 1)
                UNION ALL SELECT (SELECT e.partition FROM caracal.\(table) e
                    WHERE e.partition > p.partition ORDER BY e.partition LIMIT 1)
                FROM p WHERE p.partition IS NOT NULL
            ) SELECT partition FROM p WHERE partition IS NOT NULL)
            """
        }
        let rows = try Self.query(
            session,
            "SELECT DISTINCT partition::bigint FROM ("
                + (small + large).joined(separator: " UNION ALL ") + ") a ORDER BY 1"
        )
        partitions = (0..<rows.count).compactMap { rows.integer($0, 0) }
    }
}
