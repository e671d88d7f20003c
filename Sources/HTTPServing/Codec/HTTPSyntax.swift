/// A request that is not served, with the status that says why.
struct HTTPRefusal: Error, Equatable {
    let status: HTTPStatus

    init(_ status: HTTPStatus) { self.status = status }
}

/// Whether `byte` may stand in a method or a field's name (RFC 9110, `tchar`).
func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
        UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
        UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
        true
    default: false
    }
}

/// Whether `byte` may stand in a host with its port; no user, no list, no path.
func isHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
        true
    default: false
    }
}

/// Whether `byte` may stand in a target: visible ASCII, no fragment.
func isTarget(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")
}

extension Span<UInt8> {
    /// Whether the bytes of `range` are `text`, which is in lower case, in any case of letters.
    func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<range.count {
                let byte = lowercased(self[range.lowerBound + offset])
                if unsafe byte != expected[offset] { return false }
            }
            return true
        }
    }

    func allSatisfy(in range: Range<Int>, _ predicate: (UInt8) -> Bool) -> Bool {
        for index in range where !predicate(self[index]) { return false }
        return true
    }

    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// `range` without spaces and tabs at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return start..<end
    }

    /// The parts of `range` between its commas, without blanks around them.
    func list(in range: Range<Int>) -> [Range<Int>] {
        var (parts, start) = ([Range<Int>](), range.lowerBound)
        for index in range where self[index] == UInt8(ascii: ",") {
            parts.append(trimmed(start..<index))
            start = index + 1
        }
        return parts + [trimmed(start..<range.upperBound)]
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// Where a line ends, found without looking at a byte twice.
struct LineScan {
    enum Result: Equatable {
        /// The line without its CR LF.
        case line(Range<Int>)
        case incomplete
        case tooLong
        /// A control character, a CR or an LF alone.
        case bad
    }

    /// Where to look on when there are more bytes.
    var next: Int

    /// Looks on for the end of the line that begins at `start`.
    ///
    /// Bytes are judged in order, so that how they were cut into reads changes nothing.
    mutating func find(in bytes: Span<UInt8>, from start: Int, bytesMax: Int) -> Result {
        var index = max(next, start)
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count else { break }
                guard bytes[index + 1] == 0x0A else { return .bad }
                next = index + 2
                return .line(start..<index)
            }
            if index - start >= bytesMax { return .tooLong }
            if (byte < 0x20 && byte != 0x09) || byte == 0x7F { return .bad }
            index += 1
        }
        next = index
        return .incomplete
    }
}
