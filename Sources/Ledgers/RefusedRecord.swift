/// A record that can never become an entry, kept in the transaction that moves its offset.
public struct RefusedRecord: Hashable, Sendable {
    /// The most bytes of a record that are kept.
    public static let byteLimit = 1 << 20

    /// The record's place in the event log.
    public let offset: Int
    public let reason: DeadLetterReason
    /// What was wrong, for people.
    public let message: String
    /// The record's value, cut at ``byteLimit``.
    public let bytes: [UInt8]

    public init(offset: Int, reason: DeadLetterReason, message: String, bytes: [UInt8]) {
        self.offset = offset
        self.reason = reason
        self.message = message
        self.bytes = bytes.count <= Self.byteLimit ? bytes : Array(bytes.prefix(Self.byteLimit))
    }
}
