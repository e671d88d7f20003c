public import Ledgers

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
}
