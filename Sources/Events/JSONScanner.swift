/// Where the bytes of a text are: in the JSON, or, if they had escapes, in the scanner's scratch.
struct JSONText: BitwiseCopyable {
    var start: UInt32
    var count: UInt32
    var isScratch: Bool

    @inline(__always)
    init(_ range: Range<Int>, isScratch: Bool) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
        self.isScratch = isScratch
    }

    /// Bytes of the JSON.
    @inline(__always)
    init(start: Int, end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        count = UInt32(truncatingIfNeeded: end &- start)
        isScratch = false
    }

    @inline(__always)
    var range: Range<Int> {
        unsafe Range(uncheckedBounds: (lower: Int(start), upper: Int(start) &+ Int(count)))
    }
}

/// A value that is neither an array nor an object.
struct JSONValue: BitwiseCopyable {
    var tag: MetadataTag
    /// The text, or the number's digits; empty for the others.
    var text: JSONText
    /// Where in the JSON the value begins.
    var offset: UInt32
}

/// Reads JSON from its first byte on, one part at a time, and allocates only for escapes.
///
/// The bytes are a parameter of every step, since a type that holds a `Span` needs lifetimes, which
/// are an experiment still. Every load comes after a comparison of `index` with their number. What is
/// accepted is JSON by RFC 8259 in valid UTF-8, without unpaired surrogates.
struct JSONScanner {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    var index = 0
    /// Texts that had escapes, without them, one after another.
    private(set) var scratch: [UInt8] = []

    mutating func reset() {
        index = 0
        if !scratch.isEmpty { scratch.removeAll(keepingCapacity: true) }
    }

    @inline(__always)
    mutating func skipSpace(_ json: Span<UInt8>) {
        while index < json.count {
            let byte = json.byte(at: index)
            if byte > 0x20 { return }
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            index &+= 1
        }
    }

    /// The next byte after white space; fails at the end.
    @inline(__always)
    private mutating func next(_ json: Span<UInt8>) throws(EventError) -> UInt8 {
        skipSpace(json)
        guard index < json.count else { throw malformed }
        return json.byte(at: index)
    }

    /// Passes `byte` after white space, and fails if something else is there.
    @inline(__always)
    mutating func expect(_ byte: Unicode.Scalar, _ json: Span<UInt8>) throws(EventError) {
        guard try next(json) == UInt8(ascii: byte) else { throw malformed }
        index &+= 1
    }

    /// Passes `byte` after white space, if it is there.
    @inline(__always)
    mutating func takes(_ byte: Unicode.Scalar, _ json: Span<UInt8>) -> Bool {
        skipSpace(json)
        guard index < json.count, json.byte(at: index) == UInt8(ascii: byte) else { return false }
        index &+= 1
        return true
    }

    /// Passes a comma and says true, or the `close` of an array or object and says false.
    @inline(__always)
    mutating func hasNext(_ close: Unicode.Scalar, _ json: Span<UInt8>) throws(EventError) -> Bool {
        let byte = try next(json)
        guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: close) else { throw malformed }
        index &+= 1
        return byte == UInt8(ascii: ",")
    }

    private var malformed: EventError { EventError(.malformedJSON, at: index) }

    /// Any value but an array or an object; those it passes over and then refuses.
    ///
    /// The value lies in `depth` arrays and objects.
    @inline(__always)
    mutating func value(_ json: Span<UInt8>, depth: Int) throws(EventError) -> JSONValue {
        let first = try next(json)
        let start = index
        let offset = UInt32(truncatingIfNeeded: start)
        if first == Self.quote {
            return JSONValue(tag: .text, text: try string(json), offset: offset)
        }
        if first == UInt8(ascii: "-") || first &- 48 < 10 {
            guard let end = NumberGrammar.end(json, start..<json.count) else { throw malformed }
            index = end
            return JSONValue(
                tag: .number,
                text: JSONText(start..<end, isScratch: false),
                offset: offset
            )
        }
        return JSONValue(
            tag: try literal(json, depth),
            text: JSONText(start..<start, isScratch: false),
            offset: offset
        )
    }

    private mutating func literal(
        _ json: Span<UInt8>,
        _ depth: Int
    ) throws(EventError) -> MetadataTag {
        let start = index
        switch json[index] {
        case UInt8(ascii: "n"):
            try pass(0x6e75_6c6c, json)
            return .null
        case UInt8(ascii: "t"):
            try pass(0x7472_7565, json)
            return .yes
        case UInt8(ascii: "f"):
            index += 1
            try pass(0x616c_7365, json)
            return .no
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            try skip(json, depth: depth)
            throw EventError(.nested, at: start)
        default:
            throw malformed
        }
    }

    /// Passes four letters.
    private mutating func pass(_ letters: UInt32, _ json: Span<UInt8>) throws(EventError) {
        guard index + 4 <= json.count, json.bigEndian(at: index, as: UInt32.self) == letters else {
            throw malformed
        }
        index += 4
    }

    /// Passes over any value.
    private mutating func skip(_ json: Span<UInt8>, depth: Int) throws(EventError) {
        skipSpace(json)
        guard index < json.count else { throw malformed }
        let isObject = json[index] == UInt8(ascii: "{")
        guard isObject || json[index] == UInt8(ascii: "[") else {
            _ = try value(json, depth: depth)
            return
        }
        guard depth < EventLimits.depth else { throw EventError(.tooDeep, at: index) }
        index += 1
        let close: Unicode.Scalar = isObject ? "}" : "]"
        if takes(close, json) { return }
        repeat {
            if isObject {
                _ = try key(json)
                try expect(":", json)
            }
            try skip(json, depth: depth + 1)
        } while try hasNext(close, json)
    }

    /// A key: a string after white space.
    @inline(__always)
    mutating func key(_ json: Span<UInt8>) throws(EventError) -> JSONText {
        guard try next(json) == Self.quote else { throw malformed }
        return try string(json)
    }

    /// The string whose quote is the next byte.
    @inline(__always)
    private mutating func string(_ json: Span<UInt8>) throws(EventError) -> JSONText {
        let start = index &+ 1
        index = start
        stopInString(json)
        let end = index
        guard end < json.count, json.byte(at: end) == Self.quote else {
            return try otherString(json, start)
        }
        index = end &+ 1
        return JSONText(start: start, end: end)
    }

    /// A string with escapes, or bytes beyond ASCII, or an error.
    @inline(never)
    private mutating func otherString(
        _ json: Span<UInt8>,
        _ start: Int
    ) throws(EventError) -> JSONText {
        let scratchStart = scratch.count
        var run = start
        var hasEscapes = false
        while index < json.count, json[index] != Self.quote {
            if json[index] >= 0x80 {
                index += 1
            } else if json[index] == Self.backslash {
                hasEscapes = true
                appendToScratch(json, run..<index)
                try escape(json)
                run = index
            } else {
                throw malformed
            }
            stopInString(json)
        }
        guard index < json.count else { throw malformed }
        if let bad = json.invalidUTF8(start..<index) { throw EventError(.badUTF8, at: bad) }
        defer { index += 1 }
        guard hasEscapes else { return JSONText(start..<index, isScratch: false) }
        appendToScratch(json, run..<index)
        return JSONText(scratchStart..<scratch.count, isScratch: true)
    }

    private mutating func appendToScratch(_ json: Span<UInt8>, _ range: Range<Int>) {
        scratch.append(addingCapacity: range.count) { (span: inout OutputSpan<UInt8>) in
            span.append(json, range)
        }
    }

    /// Puts `text` into the scratch.
    mutating func scratch(_ text: String) -> JSONText {
        let start = scratch.count
        scratch.append(contentsOf: text.utf8)
        return JSONText(start..<scratch.count, isScratch: true)
    }

    /// Puts the character that an escape stands for into the scratch.
    private mutating func escape(_ json: Span<UInt8>) throws(EventError) {
        guard index + 1 < json.count else { throw malformed }
        let byte: UInt8
        switch json[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = json[index + 1]
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0c
        case UInt8(ascii: "n"): byte = 0x0a
        case UInt8(ascii: "r"): byte = 0x0d
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape(json)
            for unit in scalar.utf8 { scratch.append(unit) }
            return
        default: throw malformed
        }
        scratch.append(byte)
        index += 2
    }

    /// `\u` and four digits, or two of them that are a surrogate pair.
    private mutating func unicodeEscape(_ json: Span<UInt8>) throws(EventError) -> Unicode.Scalar {
        let start = index
        let first = try unit(json)
        var code = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            guard index + 1 < json.count, json[index] == Self.backslash,
                json[index + 1] == UInt8(ascii: "u")
            else { throw malformed }
            let second = try unit(json)
            guard UTF16.isTrailSurrogate(second) else {
                throw EventError(.malformedJSON, at: start)
            }
            code = 0x1_0000 + (UInt32(first & 0x3ff) << 10 | UInt32(second & 0x3ff))
        }
        guard let scalar = Unicode.Scalar(code) else { throw EventError(.malformedJSON, at: start) }
        return scalar
    }

    /// The four digits behind `\u`.
    private mutating func unit(_ json: Span<UInt8>) throws(EventError) -> UInt16 {
        guard index + 6 <= json.count else { throw malformed }
        var value: UInt16 = 0
        for offset in 2..<6 {
            let byte = json[index + offset]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw malformed
            }
            value = value << 4 | UInt16(digit)
        }
        index += 6
        return value
    }

    /// Moves to the next quote, backslash, control character or byte beyond ASCII, or to the end.
    @inline(__always)
    private mutating func stopInString(_ json: Span<UInt8>) {
        var place = index
        defer { index = place }
        let last = json.count &- 16
        while place <= last {
            let first = Self.stops(in: json.word(at: place))
            let second = Self.stops(in: json.word(at: place &+ 8))
            if first | second == 0 {
                place &+= 16
            } else if first != 0 {
                return place &+= first.trailingZeroBitCount &>> 3
            } else {
                return place &+= 8 &+ second.trailingZeroBitCount &>> 3
            }
        }
        while place < json.count {
            let byte = json.byte(at: place)
            if byte == Self.quote || byte == Self.backslash || byte &- 0x20 >= 0x60 { return }
            place &+= 1
        }
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
        return ((quotes | backslashes) & ~word | word) & (ones &* 0x80)
    }
}

extension Unicode.Scalar {
    fileprivate var utf8: UTF8.EncodedScalar {
        UTF8.encode(self) ?? UTF8.encodedReplacementCharacter
    }
}
