public import Merkle
public import Streams

/// What a partition's ledger holds when its next owner begins.
public struct LedgerClaim: Sendable {
    /// Where to go on, and the epoch that this claim has raised.
    public let cursor: Cursor
    public let tree: CompactRange
    /// The newest checkpoint, a signed note; empty if nothing has been signed.
    public let note: [UInt8]
    /// The mark of every producer, by name.
    public let marks: [[UInt8]: Int]

    public init(cursor: Cursor, tree: CompactRange, note: [UInt8], marks: [[UInt8]: Int]) {
        self.cursor = cursor
        self.tree = tree
        self.note = note
        self.marks = marks
    }
}
