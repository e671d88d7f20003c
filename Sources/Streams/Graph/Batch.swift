/// Why a batch was closed.
public enum BatchReason: String, Sendable, CaseIterable {
    /// It had as many elements as it may have.
    case count
    /// It had as many bytes as it may have, or kept as many alive.
    case bytes
    /// The time since its first element was up.
    case elapsed
    /// The flow ended.
    case end
}

/// Elements that go on together, with the offsets they stand for and what was refused among them.
///
/// The elements stay in the chunks that they came in, or parts of them, each with its arena.
public struct Batch<Element: Sendable>: Sendable {
    /// In order; their own notes are empty.
    public var parts: [Chunk<Element>]
    /// The number of elements in all parts.
    public let count: Int
    public let reason: BatchReason
    public let lineage: Lineage
    /// What stages before refused, if ``Flow/rejectedWithBatch(_:file:line:)`` sent it along.
    public let rejections: [Rejection]
    /// The bytes that it keeps alive: its elements, the arenas whole, what was refused.
    public let heldBytes: Int

    @inlinable
    public init(
        parts: [Chunk<Element>],
        reason: BatchReason,
        lineage: Lineage,
        rejections: [Rejection] = []
    ) {
        self.parts = parts
        var count = 0
        var bytes = 0
        for part in parts {
            count += part.elements.count
            bytes += part.bytes.count
        }
        self.count = count
        self.reason = reason
        self.lineage = lineage
        self.rejections = rejections
        for rejection in rejections { bytes += rejection.bytes.count }
        heldBytes = bytes + count * MemoryLayout<Element>.stride
    }
}

extension Batch: HeavyElement {}

/// When a batch is closed: whatever comes first.
public struct BatchLimits: Sendable {
    public let count: Int
    /// Bytes as ``Flow/batch(_:_:file:line:size:)`` counts them.
    public let bytes: Int
    /// Bytes that a batch may keep alive: its elements, what was refused, and each arena whole,
    /// however few of its bytes an element points into.
    public let heldBytes: Int
    /// Time since the first element, or the first note, of the batch.
    public let elapsed: Duration?
    /// Time since then at which a batch closes that fills fast: one that was a sixty-fourth full
    /// when ``elapsed`` was up, and had 64 elements or 64 KiB.
    ///
    /// What comes in a stream is worth waiting for, since a transaction costs the same however
    /// little it stores; what comes now and then is not, and goes on after ``elapsed``.
    public let elapsedWhenBusy: Duration?
    /// Closes only where a chunk of the source ends, so that the offsets are exact.
    public let wholeChunks: Bool

    public init(
        count: Int = .max,
        bytes: Int = .max,
        heldBytes: Int = 32 << 20,
        elapsed: Duration? = nil,
        elapsedWhenBusy: Duration? = nil,
        wholeChunks: Bool = false
    ) {
        precondition(count > 0 && bytes > 0 && heldBytes > 0, "a batch of nothing never closes")
        self.count = count
        self.bytes = bytes
        self.heldBytes = heldBytes
        self.elapsed = elapsed
        self.elapsedWhenBusy = elapsedWhenBusy
        self.wholeChunks = wholeChunks
    }
}
