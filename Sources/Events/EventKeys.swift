/// What whoever stores an event needs to know of it, without reading it again.
///
/// Ranges are of the arena that the event's canonical bytes were appended to.
public struct EventKeys: Sendable, BitwiseCopyable {
    /// Where the canonical bytes lie.
    public let range: ArenaRange
    public let eventID: ArenaRange
    public let agentID: ArenaRange
    /// Empty, if the event names no producer.
    public let producerID: ArenaRange
    /// The event's place in its producer's sequence, or -1 if it says none.
    public let sequence: Int
    public let kind: EventKind
}

/// Where bytes lie in an arena of less than 4 GiB.
public struct ArenaRange: Hashable, Sendable, BitwiseCopyable {
    public let start: UInt32
    public let count: UInt32

    @inlinable
    public init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    @inline(__always)
    init(_ start: Int, _ count: Int) {
        self.init(
            start: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: count)
        )
    }

    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}
