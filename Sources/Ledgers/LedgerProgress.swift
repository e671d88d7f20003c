public import Cryptography
public import Streams

/// What one stored batch has changed; for progress, metrics and acknowledgements.
public struct LedgerProgress: Sendable {
    public let partition: Int
    /// The offset up to which everything is done.
    public let nextOffset: Int
    /// How many entries, dead letters and repeats there were.
    public let entries: Int
    public let refused: Int
    /// How many of the dead letters have which reason.
    public let refusedReasons: [DeadLetterReason: Int]
    public let duplicates: Int
    /// The tree as signed.
    public let size: Int
    public let root: Digest
    public let reason: BatchReason
    /// How long the store took.
    public let elapsed: Duration
}
