import StreamsPostgres

/// The lock that every transaction on a partition's ledger holds to its end.
///
/// An owner that stands still in the middle of a transaction, or whose connection died unnoticed,
/// would keep the next one from its cursor: who has waited long enough ends that transaction.
enum PartitionLock {
    /// The first half of the keys, so that they are nobody else's.
    static let space = 1_667_330_657

    /// The statement that takes the lock of a partition.
    static func sql(_ partition: Int) -> String {
        "SELECT pg_advisory_xact_lock(\(space), \(partition))"
    }

    /// Begins a transaction that holds the lock; waits at most so long for another to end by itself.
    static func begin(
        _ session: PostgresSession,
        _ partition: Int,
        patience: Duration
    ) throws(PostgresError) {
        let milliseconds =
            patience.components.seconds * 1_000
            + patience.components.attoseconds / 1_000_000_000_000_000
        let begin = "BEGIN; SET LOCAL lock_timeout = \(max(milliseconds, 1)); \(sql(partition))"
        do throws(PostgresError) {
            try session.execute(begin)
        } catch {
            session.rollBack()
            guard error.sqlState == "55P03" else { throw error }
            _ = try session.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_locks
                WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
                    AND database = (SELECT oid FROM pg_catalog.pg_database
                        WHERE datname = current_database())
                    AND classid = $1::bigint::oid AND objid = $2::bigint::oid AND objsubid = 2
                """,
                [.integer(space), .integer(partition)]
            )
            try session.execute(begin)
        }
    }
}
