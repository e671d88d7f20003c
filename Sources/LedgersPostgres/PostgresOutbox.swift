public import Ledgers
public import StreamsPostgres

/// Dead letters on their way to the topic for them, and back.
///
/// A letter is stored in the transaction that moves its offset, exactly once; from there it is copied
/// to the topic at least once. Needs the role `caracal_writer`. Its calls block.
public struct PostgresOutbox {
    private let session: PostgresSession

    public init(_ session: PostgresSession) {
        self.session = session
    }

    /// The letters of these partitions that have not been copied, by partition and offset.
    ///
    /// - Parameters:
    ///   - partitions: Those of the caller.
    ///   - limit: The most letters; each has at most ``RefusedRecord/byteLimit`` bytes.
    /// - Returns: Letters to send, and then to mark.
    /// - Throws: ``LedgerError``.
    public func unpublished(
        in partitions: [Int],
        limit: Int
    ) throws(LedgerError) -> [PostgresDeadLetter] {
        try LedgerError.wrap { () throws(PostgresError) in
            let rows = try session.query(
                """
                SELECT \(PostgresDeadLetter.columns) FROM caracal.dead_letters
                WHERE NOT is_published AND partition = ANY ($1::bigint[])
                ORDER BY partition, source_offset LIMIT $2
                """,
                [.integers(partitions), .integer(limit)]
            )
            return (0..<rows.count).map { PostgresDeadLetter(rows, $0) }
        }
    }

    /// Notes that letters have been copied to the topic, durably.
    public func markPublished(_ letters: [PostgresDeadLetter]) throws(LedgerError) {
        guard !letters.isEmpty else { return }
        _ = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                """
                UPDATE caracal.dead_letters d SET is_published = true
                FROM unnest($1::bigint[], $2::bigint[]) AS u (p, o)
                WHERE d.partition = u.p AND d.source_offset = u.o
                """,
                [
                    .integers(letters.map(\.partition)), .integers(letters.map(\.record.offset)),
                ]
            )
        }
    }

    /// Notes that a letter is being sent again, durably.
    ///
    /// - Returns: Whether it had not been before, and there is such a letter.
    public func markRedriven(partition: Int, offset: Int) throws(LedgerError) -> Bool {
        try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                """
                UPDATE caracal.dead_letters SET is_redriven = true
                WHERE partition = $1 AND source_offset = $2 AND NOT is_redriven
                """,
                [.integer(partition), .integer(offset)]
            ).changedCount == 1
        }
    }
}
