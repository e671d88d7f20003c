/// A record of an event log, as an element of a chunk: where its parts lie in the chunk's arena.
///
/// The ranges are in bytes from the arena's start. Plain memory, so that handing one on is free.
public struct LogRecord: Sendable, BitwiseCopyable {
    public var offset: Int
    /// The value's bytes.
    public var start: UInt32
    public var count: UInt32
    /// Where the producer's name begins, in UTF-8; many records may share one copy.
    public var producerStart: UInt32
    /// The length of the producer's name; 0: no producer.
    public var producerCount: UInt32
    /// The record's place in its producer's sequence, or -1 outside of it.
    public var sequence: Int

    @inlinable
    public init(
        offset: Int,
        start: UInt32,
        count: UInt32,
        producerStart: UInt32 = 0,
        producerCount: UInt32 = 0,
        sequence: Int = -1
    ) {
        self.offset = offset
        self.start = start
        self.count = count
        self.producerStart = producerStart
        self.producerCount = producerCount
        self.sequence = sequence
    }

    /// Where the value lies in the arena.
    @inlinable public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// Where the producer's name lies in the arena.
    @inlinable public var producerRange: Range<Int> {
        Int(producerStart)..<Int(producerStart) + Int(producerCount)
    }
}

extension [LogRecord] {
    /// How many of the records from the one at `next` on fit into a chunk; one at least, if there is one.
    ///
    /// Values lie in order in one arena.
    ///
    /// - Complexity: O(log *n*).
    package func count(fitting limit: ChunkLimit, from next: Int) -> Int {
        let left = count - next
        guard left > 0 else { return 0 }
        let most = Swift.min(left, limit.elements)
        let start = Int(self[next].start)
        // How far the last one reaches tells how many bytes all of them take.
        var (low, high) = (1, most)
        while low < high {
            let middle = (low + high + 1) / 2
            let end = self[next + middle - 1].range.upperBound
            if end - start <= limit.bytes { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
