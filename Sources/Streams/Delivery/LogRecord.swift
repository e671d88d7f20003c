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
