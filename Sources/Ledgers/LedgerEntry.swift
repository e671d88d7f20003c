public import Cryptography
public import Streams

/// An event on its way into a ledger: where its parts lie in the chunk's arena, and its leaf hash.
///
/// Plain memory, made once the canonical bytes have been validated.
public struct LedgerEntry: ArenaElement, BitwiseCopyable {
    /// The place of the record in the event log.
    public let offset: Int
    /// The record's place in its producer's sequence, or -1 outside of it.
    public let sequence: Int
    /// The RFC 6962 hash of the canonical bytes.
    public var leaf: Digest
    /// Where the canonical bytes begin in the arena.
    public let start: UInt32
    public let count: UInt32
    /// Where the producer's name begins in the arena; no bytes: no producer.
    public let producerStart: UInt32
    public let producerCount: UInt32
    /// Where the event's identifier begins in the arena.
    public let eventIDStart: UInt32
    public let eventIDCount: UInt32

    /// Takes what `record` says of itself, and where in the same arena its event's identifier lies.
    @inlinable
    public init(_ record: LogRecord, eventID: Range<Int>) {
        offset = record.offset
        sequence = record.sequence
        leaf = Digest()
        start = record.start
        count = record.count
        producerStart = record.producerStart
        producerCount = record.producerCount
        eventIDStart = UInt32(truncatingIfNeeded: eventID.lowerBound)
        eventIDCount = UInt32(truncatingIfNeeded: eventID.count)
    }

    /// Where the canonical bytes lie in the arena.
    @inlinable public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// Where the producer's name lies in the arena.
    @inlinable public var producerRange: Range<Int> {
        Int(producerStart)..<Int(producerStart) + Int(producerCount)
    }

    /// Where the event's identifier lies in the arena.
    @inlinable public var eventIDRange: Range<Int> {
        Int(eventIDStart)..<Int(eventIDStart) + Int(eventIDCount)
    }
}
