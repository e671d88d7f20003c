/// Reads one JSON object in one pass, without a copy and without an allocation.
///
/// The bytes are a parameter of every step: a type that holds a `Span` needs lifetimes, which Swift
/// 6.3 has as an experiment only. Every load is checked against their bounds, words once for two.
struct EventScanner {
    private static let nestingMax = 32
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private var index = 0

    mutating func scan(_ bytes: Span<UInt8>, _ record: RawRecord) throws(ScanError) -> MeteredEvent
    {
        var event = MeteredEvent(record: record)
        var seen: UInt8 = 0
        try expect(UInt8(ascii: "{"), bytes)
        repeat {
            let key = Key(try string(bytes), bytes)
            try expect(UInt8(ascii: ":"), bytes)
            switch key {
            case .eventID: event.eventID = try string(bytes)
            case .agentID: event.agentID = try string(bytes)
            case .resourceType: event.resourceType = try string(bytes)
            case .currency: event.currency = try string(bytes)
            case .amount: event.micros = try decimalMicros(try string(bytes), bytes)
            case .timestamp: event.milliseconds = try milliseconds(try string(bytes), bytes)
            case .other: try skipValue(bytes)
            }
            seen |= key.rawValue
        } while try hasNext(bytes)
        if let missing = Key.required.first(where: { seen & $0.rawValue == 0 }) {
            throw .missing(field: "\(missing)")
        }
        let agent = Int(event.agentID.start)..<Int(event.agentID.start + event.agentID.length)
        event.agentHash = murmur2(bytes.extracting(agent)) & 0x7fff_ffff
        return event
    }

    /// The keys that we take, each a bit.
    private enum Key: UInt8 {
        case other = 0
        case eventID = 1
        case agentID = 2
        case resourceType = 4
        case amount = 8
        case currency = 16
        case timestamp = 32

        static let required: [Key] = [
            .eventID, .agentID, .resourceType, .amount, .currency, .timestamp,
        ]

        /// Compares whole words, read from the first or the last bytes of the key.
        init(_ field: Field, _ bytes: Span<UInt8>) {
            let start = Int(field.start)
            func word(_ offset: Int) -> UInt64 {
                unsafe bytes.bytes.unsafeLoadUnaligned(
                    fromByteOffset: start + offset,
                    as: UInt64.self
                )
                .littleEndian
            }
            switch field.length {
            case 8:
                switch word(0) {
                case 0x6469_5f74_6e65_7665: self = .eventID
                case 0x6469_5f74_6e65_6761: self = .agentID
                case 0x7963_6e65_7272_7563: self = .currency
                default: self = .other
                }
            case 13 where word(0) == 0x6563_7275_6f73_6572 && word(5) == 0x6570_7974_5f65_6372:
                self = .resourceType
            case 9 where word(0) == 0x6d61_7473_656d_6974 && word(1) == 0x706d_6174_7365_6d69:
                self = .timestamp
            case 6 where bytes.extracting(start..<start + 6).equals("amount"):
                self = .amount
            default:
                self = .other
            }
        }
    }

    @inline(__always)
    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(ScanError) {
        skipSpace(bytes)
        guard index < bytes.count, bytes[index] == byte else { throw .malformed(offset: index) }
        index += 1
    }

    /// Whether a comma follows; consumes it, or the closing brace.
    @inline(__always)
    private mutating func hasNext(_ bytes: Span<UInt8>) throws(ScanError) -> Bool {
        skipSpace(bytes)
        guard index < bytes.count else { throw .malformed(offset: index) }
        defer { index += 1 }
        if bytes[index] == UInt8(ascii: ",") { return true }
        guard bytes[index] == UInt8(ascii: "}") else { throw .malformed(offset: index) }
        return false
    }

    /// A string without escapes.
    private mutating func string(_ bytes: Span<UInt8>) throws(ScanError) -> Field {
        try expect(Self.quote, bytes)
        let start = index
        stopInString(bytes)
        guard index < bytes.count, bytes[index] == Self.quote else {
            throw .malformed(offset: index)
        }
        defer { index += 1 }
        return Field(
            start: UInt16(truncatingIfNeeded: start),
            length: UInt16(truncatingIfNeeded: index - start)
        )
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    @inline(__always)
    private mutating func stopInString(_ bytes: Span<UInt8>) {
        while index + 16 <= bytes.count {
            let first = Self.stops(in: load(bytes, at: index))
            let second = Self.stops(in: load(bytes, at: index + 8))
            if first | second == 0 {
                index += 16
            } else if first != 0 {
                return index += first.trailingZeroBitCount / 8
            } else {
                return index += 8 + second.trailingZeroBitCount / 8
            }
        }
        while index < bytes.count, bytes[index] != Self.quote, bytes[index] != Self.backslash,
            bytes[index] >= 0x20
        {
            index += 1
        }
    }

    @inline(__always)
    private func load(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            .littleEndian
    }

    /// Sets the high bit of each byte of `word` at which a string stops.
    ///
    /// A quote, with bit 1 flipped, is below 0x21 as control characters are, so one comparison does
    /// for both. A false positive can only follow a true one, and only the first counts. `SIMD16`
    /// would say it better, but Swift 6.3 compiles its comparisons to loops over the lanes.
    @inline(__always)
    private static func stops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ (ones &* 0x02)) &- (ones &* 0x21)
        let backslashes = (word ^ (ones &* UInt64(backslash))) &- ones
        return (quotes | backslashes) & ~word & (ones &* 0x80)
    }

    private mutating func skipString(_ bytes: Span<UInt8>) throws(ScanError) {
        try expect(Self.quote, bytes)
        stopInString(bytes)
        while index < bytes.count, bytes[index] == Self.backslash {
            index += 2
            stopInString(bytes)
        }
        guard index < bytes.count, bytes[index] == Self.quote else {
            throw .malformed(offset: index)
        }
        index += 1
    }

    /// Passes over any value, nested to a bound.
    private mutating func skipValue(_ bytes: Span<UInt8>) throws(ScanError) {
        var depth = 0
        repeat {
            skipSpace(bytes)
            guard index < bytes.count else { throw .malformed(offset: index) }
            switch bytes[index] {
            case Self.quote:
                try skipString(bytes)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > Self.nestingMax { throw .malformed(offset: index) }
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { throw .malformed(offset: index) }
                index += 1
            default:
                index += 1
                while depth == 0, index < bytes.count, bytes[index] > 0x20,
                    bytes[index] != UInt8(ascii: ","), bytes[index] != UInt8(ascii: "}")
                {
                    index += 1
                }
            }
        } while depth > 0
    }
}

extension Span<UInt8> {
    /// Whether these are the bytes of `text`.
    fileprivate func equals(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            guard text.count == count else { return false }
            for index in indices where unsafe text[index] != self[index] { return false }
            return true
        }
    }
}
