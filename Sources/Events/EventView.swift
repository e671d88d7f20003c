/// An event in its canonical bytes: where its parts lie in their arena, and its numbers.
///
/// Plain memory of about 100 bytes, made without an allocation; it owns nothing. It is only made
/// from bytes that are canonical throughout, so what is read through it later needs no check, as
/// long as the arena is the same.
public struct EventView: Sendable, BitwiseCopyable {
    /// A text's place, from the start of the event.
    struct Place: BitwiseCopyable, Sendable {
        var offset: UInt16 = 0
        var count: UInt16 = 0
    }

    let start: Int
    let count: Int
    let head: CanonicalHead
    let places: InlineArray<8, Place>
    let metadataOffset: UInt16
    /// The number of metadata entries.
    public let metadataCount: UInt16

    /// Reads the event whose canonical bytes are those of `range`, and checks every one of them.
    ///
    /// - Parameters:
    ///   - bytes: The arena.
    ///   - range: The event's place in the arena, in bytes; one that leaves the arena holds none.
    /// - Throws: ``EventError`` with the field, and the offset from the start of `range`.
    public init(validating bytes: Span<UInt8>, in range: Range<Int>) throws(EventError) {
        try self.init(bytes, range, isValidated: false)
    }

    /// Reads the event whose canonical bytes are those of `range`, which have been checked before.
    ///
    /// Only lengths are checked, so that no other bytes than those of `range` are read; metadata
    /// is not looked at.
    ///
    /// - Parameters:
    ///   - bytes: The arena.
    ///   - range: The event's place in the arena, in bytes.
    /// - Throws: ``EventError`` if its fields do not fit into `range`.
    package init(canonical bytes: Span<UInt8>, in range: Range<Int>) throws(EventError) {
        try self.init(bytes, range, isValidated: true)
    }

    /// Inlined, so that each of the two is its own code.
    @inline(__always)
    private init(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        isValidated: Bool
    ) throws(EventError) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw EventError(.notCanonical)
        }
        guard range.count <= EventLimits.canonicalBytes else {
            throw EventError(.tooLarge, at: EventLimits.canonicalBytes)
        }
        var reader = CanonicalReader(range)
        head = try reader.head(bytes)
        let plan = TextPlan(head.kind, head.presence)
        var places: InlineArray<8, Place> = InlineArray(repeating: Place())
        for role in 0..<8 where plan.present & (1 << role) != 0 {
            let text =
                isValidated ? try reader.lump(bytes) : try reader.text(bytes, head.kind, role)
            if !isValidated, plan.free & (1 << role) == 0,
                !(1...EventLimits.nameBytes ~= text.count)
            {
                throw reader.error(text.isEmpty ? .empty : .tooLong, head.kind, role)
            }
            places[role] = Place(
                offset: UInt16(truncatingIfNeeded: text.lowerBound - range.lowerBound),
                count: UInt16(truncatingIfNeeded: text.count)
            )
        }
        self.places = places
        start = range.lowerBound
        count = range.count
        metadataCount = try reader.count(bytes)
        metadataOffset = UInt16(truncatingIfNeeded: reader.offset)
        if !isValidated { try reader.metadata(bytes, count: Int(metadataCount)) }
    }

    /// The place of the whole event in the arena.
    public var range: Range<Int> { start..<start + count }

    public var kind: EventKind { head.kind }

    public var timestamp: EventTime { EventTime(nanoseconds: head.timestamp) }

    public var eventID: Range<Int> { place(.eventID) }

    public var agentID: Range<Int> { place(.agentID) }

    public var producerID: Range<Int>? { optional(.producerID) }

    public var correlationID: Range<Int>? { optional(.correlationID) }

    public var parentEventID: Range<Int>? { optional(.parentEventID) }

    /// The event's place in its producer's sequence.
    public var sequence: Int? {
        head.presence.contains(.sequence) ? Int(head.sequence) : nil
    }

    /// What was used; only metering events say it.
    public var resourceType: Range<Int>? { kind == .metering ? place(.first) : nil }

    /// How much was used; only metering events say it.
    public var quantity: Quantity? {
        kind == .metering ? Quantity(canonical: head.first, scale: head.code) : nil
    }

    /// What it cost; only metering events say it.
    public var cost: Money? {
        guard kind == .metering, let currency = Currency(code: head.currency) else { return nil }
        return Money(nanos: head.second, currency: currency)
    }

    func place(_ role: TextRole) -> Range<Int> {
        let place = places[role.rawValue]
        let lower = start + Int(place.offset)
        return lower..<lower + Int(place.count)
    }

    func optional(_ role: TextRole) -> Range<Int>? {
        let plan = TextPlan(head.kind, head.presence)
        return plan.present & (1 << UInt8(role.rawValue)) != 0 ? place(role) : nil
    }

    /// Lends every entry of metadata, in order: its key, its type and the place of its text.
    func forEachMetadata(
        _ bytes: Span<UInt8>,
        _ body: (_ key: Range<Int>, _ tag: MetadataTag, _ text: Range<Int>) -> Void
    ) {
        var index = start + Int(metadataOffset)
        func text() -> Range<Int> {
            let lower = index + 2
            index = lower + Int(bytes.bigEndian(at: lower - 2, as: UInt16.self))
            return lower..<index
        }
        for _ in 0..<metadataCount {
            let key = text()
            let tag = MetadataTag(rawValue: bytes[index]) ?? .null
            index += 1
            body(key, tag, tag.hasText ? text() : index..<index)
        }
    }
}
