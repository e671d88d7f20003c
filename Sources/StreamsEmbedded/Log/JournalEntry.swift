/// What is committed in one frame with records, beside them.
public enum JournalEntry: Equatable, Sendable {
    /// How far a source has been read once this append is durable.
    case progress(SourceProgress)
    /// An input that could not become a record.
    case letter(IngestLetter)
    /// The letter was sent again: the record at this place of the append stands for it.
    case redriven(letter: String, record: Int)
}

/// How much of a named source is in the log, as records or as letters.
public struct SourceProgress: Equatable, Sendable {
    public let source: String
    /// The rows that were read, from the first.
    public let rows: Int
    /// The bytes that they took.
    public let bytes: Int
    /// A digest of those bytes, so that another source of the same name is told apart.
    public let digest: [UInt8]

    public init(source: String, rows: Int, bytes: Int, digest: [UInt8]) {
        precondition(rows >= 0 && bytes >= 0, "a source is read forwards")
        self.source = source
        self.rows = rows
        self.bytes = bytes
        self.digest = digest
    }
}

/// A dead letter of ingest: a piece of a source that could not become a record, and why.
public struct IngestLetter: Equatable, Sendable {
    /// The most bytes of the input that are kept.
    public static let bytesLimit = 1 << 20

    /// Names the letter in its log.
    public let id: String
    public let source: String
    /// The line in the source, from 1.
    public let line: Int
    /// The row in the source, from 1: lines that are no rows are not counted.
    public let row: Int
    /// Where the input begins in the source, in bytes.
    public let offset: Int
    /// A word that programs read.
    public let reason: String
    /// A sentence for people.
    public let message: String
    /// How many bytes the input had.
    public let byteCount: Int
    /// The input, or its first ``bytesLimit`` bytes.
    public let bytes: [UInt8]

    /// - Parameters:
    ///   - id: Names the letter in its log.
    ///   - source: The source's name.
    ///   - line: The line in the source, from 1.
    ///   - row: The row among those that count, from 1; 0 if it is none.
    ///   - offset: Where the input begins in the source, in bytes.
    ///   - reason: A word that programs read.
    ///   - message: A sentence for people.
    ///   - bytes: The input, or its beginning; the first ``bytesLimit`` are kept.
    ///   - byteCount: How many bytes the input had, where `bytes` are only its beginning.
    public init(
        id: String,
        source: String,
        line: Int,
        row: Int,
        offset: Int,
        reason: String,
        message: String,
        bytes: some Collection<UInt8>,
        byteCount: Int? = nil
    ) {
        precondition(line >= 0 && row >= 0 && offset >= 0, "a place in a source")
        self.id = id
        self.source = source
        self.line = line
        self.row = row
        self.offset = offset
        self.reason = reason
        self.message = message
        self.byteCount = max(byteCount ?? 0, bytes.count)
        self.bytes = Array(bytes.prefix(Self.bytesLimit))
    }

    init(
        id: String,
        source: String,
        line: Int,
        row: Int,
        offset: Int,
        reason: String,
        message: String,
        byteCount: Int,
        bytes: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.line = line
        self.row = row
        self.offset = offset
        self.reason = reason
        self.message = message
        self.byteCount = byteCount
        self.bytes = bytes
    }

    /// Whether the whole input was kept, so that it can be sent again.
    public var isWhole: Bool { bytes.count == byteCount }
}
