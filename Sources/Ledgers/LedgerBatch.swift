public import Merkle
public import Streams

/// What one transaction adds to the ledger of a partition.
public struct LedgerBatch: Sendable {
    /// The partition and the offsets that are done once this is stored.
    public let offsets: OffsetRange
    /// The claim under which it may be stored.
    public let epoch: Int
    /// The entries in their order, in chunks with the arena that they point into.
    public let parts: [Chunk<LedgerEntry>]
    /// The number of entries in all parts.
    public let count: Int
    /// The keys of the entries' identifiers, in their order; none if the lane did not need them.
    public let eventKeys: [EventIDWindow.Key]
    /// Records of these offsets that are no entries, in order of offset.
    public let refused: [RefusedRecord]
    /// The producers whose mark moves.
    public let marks: [ProducerMark]
    /// The tree before and after.
    public let before: CompactRange
    public let after: CompactRange
    /// How many records were left out because the ledger has them.
    public let duplicates: Int
    public let reason: BatchReason

    /// The index of the first entry.
    public var firstIndex: Int { before.size }

    /// Makes a batch; `after` is `before` with the leaves of `parts`.
    public init(
        offsets: OffsetRange,
        epoch: Int,
        parts: [Chunk<LedgerEntry>],
        eventKeys: [EventIDWindow.Key] = [],
        refused: [RefusedRecord],
        marks: [ProducerMark],
        before: CompactRange,
        after: CompactRange,
        duplicates: Int,
        reason: BatchReason
    ) {
        self.offsets = offsets
        self.epoch = epoch
        self.parts = parts
        self.eventKeys = eventKeys
        self.refused = refused
        self.marks = marks
        self.before = before
        self.after = after
        self.duplicates = duplicates
        self.reason = reason
        count = parts.reduce(0) { $0 + $1.elements.count }
        precondition(
            eventKeys.isEmpty || eventKeys.count == count,
            "a key for each entry, or none"
        )
        precondition(after.size == before.size + count, "a tree that does not fit its entries")
    }
}
