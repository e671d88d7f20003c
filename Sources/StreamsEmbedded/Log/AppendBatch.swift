public import Streams

/// What one append writes: records with their bytes, and what is committed beside them.
///
/// It becomes one frame, so that all of it is there after a crash or nothing.
public struct AppendBatch: Sendable {
    /// The most bytes that the records and the journal of a batch may have together.
    public static let byteLimit = 16 << 20
    /// The most bytes of one record.
    public static let recordLimit = 1 << 20
    /// The most bytes of a producer's name.
    public static let producerLimit = 1_024

    /// Their offsets are not looked at.
    public var records: [LogRecord]
    /// The arena that the records' ranges point into.
    public var bytes: [UInt8]
    public var journal: [JournalEntry]

    public init(records: [LogRecord] = [], bytes: [UInt8] = [], journal: [JournalEntry] = []) {
        self.records = records
        self.bytes = bytes
        self.journal = journal
    }
}
