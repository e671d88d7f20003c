/// A decimal number as it was written: `significand` times ten to the power of `exponent`.
///
/// The significand never ends in 0 unless it is 0, so a number has one such form, and whether it has
/// too many places can be seen from the exponent. Binary floating point is never involved.
struct DecimalText {
    private(set) var isNegative = false
    private(set) var significand: UInt64 = 0
    private(set) var exponent = 0

    /// An exponent beyond this is as good as infinite; keeps its arithmetic from overflowing.
    private static let exponentMax = 100_000

    /// Reads all of `range` by JSON's grammar for numbers: no plus sign, no leading zeros.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EventError.Problem) {
        if readShort(bytes, range) { return }
        guard NumberGrammar.end(bytes, range) == range.upperBound else { throw .notANumber }
        var index = range.lowerBound
        if bytes[index] == UInt8(ascii: "-") {
            isNegative = true
            index += 1
        }
        try readAny(bytes, index..<range.upperBound)
    }

    /// Reads the usual: at most 18 bytes, which cannot overflow, without sign or exponent.
    ///
    /// Returns false, and has changed nothing, for everything else.
    @inline(__always)
    private mutating func readShort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard 1...18 ~= range.count else { return false }
        var value: UInt64 = 0
        var point: Int?
        for index in range {
            let digit = bytes[index] &- 48
            if digit < 10 {
                value = value &* 10 &+ UInt64(digit)
            } else if bytes[index] == UInt8(ascii: "."), point == nil, index > range.lowerBound {
                point = index
            } else {
                return false
            }
        }
        // No leading zero but before the point, no point at the end.
        let whole = (point ?? range.upperBound) - range.lowerBound
        guard bytes[range.lowerBound] != UInt8(ascii: "0") || whole == 1,
            point != range.upperBound - 1
        else { return false }
        guard value != 0 else { return true }
        exponent = point.map { $0 + 1 - range.upperBound } ?? 0
        while value % 10 == 0 {
            value /= 10
            exponent += 1
        }
        significand = value
        return true
    }

    private mutating func readAny(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) throws(EventError.Problem) {
        var index = range.lowerBound
        var places = 0
        var isFraction = false
        var zeros = 0
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte & 0xdf == UInt8(ascii: "E") {
                break
            } else {
                if isFraction { places += 1 }
                if byte == UInt8(ascii: "0") {
                    if significand != 0 { zeros += 1 }
                } else {
                    guard append(UInt64(byte & 0x0f), after: zeros) else {
                        throw isFraction ? .tooManyPlaces : .overflow
                    }
                    zeros = 0
                }
            }
            index += 1
        }
        guard significand != 0 else {
            isNegative = false
            return
        }
        exponent = zeros - places
        if index < range.upperBound {
            exponent += Self.exponent(bytes, index + 1..<range.upperBound)
        }
    }

    /// Appends `zeros` zeros and `digit`, or returns false if the significand has no room for them.
    private mutating func append(_ digit: UInt64, after zeros: Int) -> Bool {
        guard zeros < 20 else { return false }
        var value = significand
        for _ in 0...zeros {
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            if isTooLarge { return false }
            value = tenfold
        }
        let (sum, isTooLarge) = value.addingReportingOverflow(digit)
        if isTooLarge { return false }
        significand = sum
        return true
    }

    private static func exponent(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }
        var value = 0
        while index < range.upperBound {
            value = min(value * 10 + Int(bytes[index] & 0x0f), exponentMax)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// The number in units of ten to the power of `-places`, exactly.
    func scaled(places: Int) throws(EventError.Problem) -> Int64 {
        if significand == 0 { return 0 }
        let shift = exponent + places
        guard shift >= 0 else { throw .tooManyPlaces }
        guard shift <= 18 else { throw .overflow }
        let (product, isTooLarge) = significand.multipliedReportingOverflow(
            by: Self.powersOfTen[shift]
        )
        guard !isTooLarge, product <= Int64.max.magnitude + (isNegative ? 1 : 0) else {
            throw .overflow
        }
        return Int64(truncatingIfNeeded: isNegative ? 0 &- product : product)
    }

    /// The places after the point that the number needs.
    var places: Int { max(0, -exponent) }

    static let powersOfTen: InlineArray<19, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
        10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
        100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ]

    /// Appends `value` divided by ten to the power of `places`, with no zeros that say nothing.
    static func append(_ value: Int64, places: Int, to out: inout [UInt8]) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        let unit = powersOfTen[places]
        append(value.magnitude / unit, digits: 1, to: &out)
        var fraction = value.magnitude % unit
        var count = places
        guard fraction != 0 else { return }
        while fraction % 10 == 0 {
            fraction /= 10
            count -= 1
        }
        out.append(UInt8(ascii: "."))
        append(fraction, digits: count, to: &out)
    }

    /// Appends `value` in decimal, with leading zeros up to `digits`.
    static func append(_ value: UInt64, digits: Int, to out: inout [UInt8]) {
        var digitsLeft = digits
        while digitsLeft < 20, digitsLeft < 19 ? value >= powersOfTen[digitsLeft] : value >= ten19 {
            digitsLeft += 1
        }
        let start = out.count
        out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: digitsLeft))
        var rest = value
        var index = start + digitsLeft
        while rest != 0 {
            index -= 1
            out[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static let ten19: UInt64 = 10_000_000_000_000_000_000
}
