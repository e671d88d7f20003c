import Ledgers
public import StreamsPostgres

/// What the outbox and those who send dead letters again do with their rows.
public enum DeadLetterRows {
    /// How many bytes are read of letters at once: no more than these and one letter.
    private static let pageBytes = 4 << 20

    /// The dead letters that have not been copied to their topic, the first ones by place.
    ///
    /// Returns `limit` of them at most, and fewer where they are large.
    ///
    /// - Throws: ``PostgresError``.
    public static func unpublished(
        _ session: PostgresSession,
        limit: Int
    ) throws(PostgresError) -> [PostgresDeadLetter] {
        let rows = try session.query(
            """
            SELECT \(PostgresDeadLetter.columns) FROM (
                SELECT *, sum(octet_length(bytes)) OVER (ORDER BY partition, source_offset) AS total
                FROM (SELECT * FROM caracal.dead_letters WHERE NOT is_published
                    ORDER BY partition, source_offset LIMIT $1) AS oldest) AS summed
            WHERE total - octet_length(bytes) < $2 ORDER BY partition, source_offset
            """,
            [.integer(limit), .integer(pageBytes)]
        )
        return (0..<rows.count).map { PostgresDeadLetter(rows, $0) }
    }

    /// The dead letter of one record, or `nil` if there is none.
    ///
    /// - Throws: ``PostgresError``.
    public static func letter(
        _ session: PostgresSession,
        partition: Int,
        offset: Int
    ) throws(PostgresError) -> PostgresDeadLetter? {
        let rows = try session.query(
            """
            SELECT \(PostgresDeadLetter.columns)
            FROM caracal.dead_letters WHERE partition = $1::bigint::integer AND source_offset = $2
            """,
            [.integer(partition), .integer(offset)]
        )
        return rows.count == 1 ? PostgresDeadLetter(rows, 0) : nil
    }

    /// Remembers that the letters have been copied to their topic.
    ///
    /// - Throws: ``PostgresError``, with nothing changed.
    public static func markPublished(
        _ session: PostgresSession,
        _ letters: [PostgresDeadLetter]
    ) throws(PostgresError) {
        try mark("is_published", session, letters)
    }

    /// Remembers that the letters have been sent again.
    ///
    /// - Throws: ``PostgresError``, with nothing changed.
    public static func markRedriven(
        _ session: PostgresSession,
        _ letters: [PostgresDeadLetter]
    ) throws(PostgresError) {
        try mark("is_redriven", session, letters)
    }

    private static func mark(
        _ column: String,
        _ session: PostgresSession,
        _ letters: [PostgresDeadLetter]
    ) throws(PostgresError) {
        _ = try session.query(
            """
            UPDATE caracal.dead_letters AS d SET \(column) = true, row_hash = \(RowHash.sql(
                RowHash.deadLetters,
                of: "d.",
                changing: [column: "true"]
            ))
            FROM unnest($1::bigint[], $2::bigint[]) AS u (p, o)
            WHERE d.partition = u.p AND d.source_offset = u.o
            """,
            [
                .integers(letters.map(\.partition)),
                .integers(letters.map(\.record.offset)),
            ]
        )
    }
}
