/// When an event took place: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Reaches from 1677-09-21 to 2262-04-11.
public struct EventTime: Hashable, Sendable, BitwiseCopyable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Takes milliseconds since 1970, or returns `nil` beyond the range of a time.
    public init?(milliseconds: Int64) {
        let (product, isTooLarge) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLarge else { return nil }
        nanoseconds = product
    }

    /// Reads an RFC 3339 time such as `2026-01-01T11:59:58.282Z`; without a zone it is UTC.
    ///
    /// A space or a lower-case letter may stand for the `T`. Up to 9 places of a second, more if
    /// they are zeros. A leap second is no time, nor is a day that its month does not have.
    ///
    /// - Throws: ``EventError`` for any other text.
    public init(_ text: String) throws(EventError) {
        let utf8 = Array(text.utf8)
        do throws(EventError.Problem) {
            self = try EventTime(utf8.span, 0..<utf8.count)
        } catch {
            throw EventError(error)
        }
    }

    /// Milliseconds since 1970, rounded down.
    public var milliseconds: Int64 {
        let quotient = nanoseconds / 1_000_000
        return nanoseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EventError.Problem) {
        guard range.count >= 19, range.count <= 64 else { throw .badTime }
        let start = range.lowerBound
        let end = range.upperBound
        var isValid = true
        let century = Self.pair(bytes, start, &isValid)
        let year = century * 100 + Self.pair(bytes, start + 2, &isValid)
        let month = Self.pair(bytes, start + 5, &isValid)
        let day = Self.pair(bytes, start + 8, &isValid)
        let hour = Self.pair(bytes, start + 11, &isValid)
        let minute = Self.pair(bytes, start + 14, &isValid)
        let second = Self.pair(bytes, start + 17, &isValid)
        isValid =
            isValid && bytes[start + 4] == UInt8(ascii: "-")
            && bytes[start + 7] == UInt8(ascii: "-")
            && (bytes[start + 10] | 0x20 == UInt8(ascii: "t") || bytes[start + 10] == 0x20)
            && bytes[start + 13] == UInt8(ascii: ":") && bytes[start + 16] == UInt8(ascii: ":")
            && 1...12 ~= month && hour < 24 && minute < 60 && second < 60
        guard isValid, 1...CivilDay.length(ofMonth: month, of: year) ~= day else { throw .badTime }

        var index = start + 19
        var fraction: Int64 = 0
        if index < end, bytes[index] == UInt8(ascii: ".") {
            index += 1
            fraction = try Self.fraction(bytes, &index, end)
        }
        var zone: Int64 = 0
        if index < end, bytes[index] | 0x20 == UInt8(ascii: "z") {
            index += 1
        } else if index + 6 == end,
            bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
        {
            let hours = Self.pair(bytes, index + 1, &isValid)
            let minutes = Self.pair(bytes, index + 4, &isValid)
            isValid =
                isValid && bytes[index + 3] == UInt8(ascii: ":") && hours < 24 && minutes < 60
            zone = (hours * 60 + minutes) * (bytes[index] == UInt8(ascii: "+") ? 60 : -60)
            index = end
        }
        guard isValid, index == end else { throw .badTime }
        let days = CivilDay.daysSinceEpoch(year, month, day)
        try self.init(
            seconds: ((days * 24 + hour) * 60 + minute) * 60 + second - zone,
            nanoseconds: fraction
        )
    }

    /// Two digits; `isValid` becomes false if they are none.
    @inline(__always)
    private static func pair(_ bytes: Span<UInt8>, _ index: Int, _ isValid: inout Bool) -> Int64 {
        let high = bytes[index] &- 48
        let low = bytes[index + 1] &- 48
        if high > 9 || low > 9 { isValid = false }
        return Int64(high) * 10 + Int64(low)
    }

    /// Takes whole seconds since 1970 and the nanoseconds after them, 0 to 999,999,999.
    init(seconds: Int64, nanoseconds: Int64) throws(EventError.Problem) {
        // A negative number of seconds is made one nearer to 0 first, so that the product of the
        // earliest second fits.
        let (whole, rest) =
            seconds < 0 ? (seconds + 1, nanoseconds - 1_000_000_000) : (seconds, nanoseconds)
        let (product, isTooLarge) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isStillTooLarge) = product.addingReportingOverflow(rest)
        guard !isTooLarge, !isStillTooLarge else { throw .overflow }
        self.nanoseconds = sum
    }

    /// The digits after the point as nanoseconds.
    private static func fraction(
        _ bytes: Span<UInt8>,
        _ index: inout Int,
        _ end: Int
    ) throws(EventError.Problem) -> Int64 {
        let first = index
        var value: Int64 = 0
        var unit: Int64 = 100_000_000
        while index < end, bytes[index] &- 48 < 10 {
            let digit = Int64(bytes[index] &- 48)
            guard unit > 0 || digit == 0 else { throw .tooManyPlaces }
            value += digit * unit
            unit /= 10
            index += 1
        }
        guard index > first else { throw .badTime }
        return value
    }
}

extension EventTime: Comparable {
    public static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }
}

extension EventTime: CustomStringConvertible {
    /// RFC 3339 in UTC, with as many places of a second as are needed.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``description`` as bytes.
    func append(to out: inout [UInt8]) {
        var seconds = nanoseconds / 1_000_000_000
        var fraction = nanoseconds % 1_000_000_000
        if fraction < 0 {
            fraction += 1_000_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = CivilDay.date(daysSinceEpoch: days)
        func append(_ value: Int64, _ digits: Int, _ mark: Unicode.Scalar?) {
            DecimalText.append(value.magnitude, digits: digits, to: &out)
            if let mark { out.append(UInt8(ascii: mark)) }
        }
        append(year, 4, "-")
        append(month, 2, "-")
        append(day, 2, "T")
        append(rest / 3_600, 2, ":")
        append(rest / 60 % 60, 2, ":")
        append(rest % 60, 2, nil)
        if fraction != 0 {
            out.append(UInt8(ascii: "."))
            var digits = 9
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            append(fraction, digits, nil)
        }
        out.append(UInt8(ascii: "Z"))
    }
}
