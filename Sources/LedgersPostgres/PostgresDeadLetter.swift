public import Ledgers
import StreamsPostgres

/// A record that never became an entry, as it is stored.
public struct PostgresDeadLetter: Hashable, Sendable {
    public let partition: Int
    /// Where the record is in the topic's partition, why it was refused, and its bytes.
    public let record: RefusedRecord
    /// When it was stored, in microseconds since 1970, UTC.
    public let microseconds: Int
    /// Whether it has been copied to the topic of dead letters.
    public let isPublished: Bool
    /// Whether somebody has sent it again.
    public let isRedriven: Bool

    /// What is asked for.
    static let columns = """
        partition, source_offset, reason, message, bytes, \
        (extract(epoch FROM created_at) * 1000000)::bigint, is_published, is_redriven
        """

    /// Takes a row of ``columns``.
    init(_ rows: PostgresRows, _ row: Int) {
        partition = rows.integer(row, 0) ?? 0
        record = RefusedRecord(
            offset: rows.integer(row, 1) ?? 0,
            reason: DeadLetterReason(rawValue: rows.text(row, 2)) ?? .rejectedByStore,
            message: rows.text(row, 3),
            bytes: rows.bytes(row, 4)
        )
        microseconds = rows.integer(row, 5) ?? 0
        isPublished = rows.bool(row, 6)
        isRedriven = rows.bool(row, 7)
    }
}
