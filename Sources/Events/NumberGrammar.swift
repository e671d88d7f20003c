/// JSON's grammar for numbers, on bytes.
enum NumberGrammar {
    /// Where the number that begins `range` ends, or `nil` if none does.
    @inline(__always)
    static func end(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        let end = range.upperBound
        if index < end, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let whole = index
        skipDigits(bytes, &index, end)
        guard index > whole, index == whole + 1 || bytes[whole] != UInt8(ascii: "0") else {
            return nil
        }
        if index < end, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            skipDigits(bytes, &index, end)
            guard index > fraction else { return nil }
        }
        if index < end, bytes[index] & 0xdf == UInt8(ascii: "E") {
            index += 1
            if index < end, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            let exponent = index
            skipDigits(bytes, &index, end)
            guard index > exponent else { return nil }
        }
        return index
    }

    /// Whether a number that keeps to the grammar is below 10 to the power of 308.
    ///
    /// Beyond that no common reader of JSON could hold it, so it is taken for an overflow.
    static func isInRange(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // Without an exponent that many digits are needed, so most numbers are done here.
        if range.count < 4 { return true }
        var wholeDigits = 0
        var leadingZeros = 0
        var isFraction = false
        var isZero = true
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] & 0xdf != UInt8(ascii: "E") {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte != UInt8(ascii: "-") {
                if byte != UInt8(ascii: "0") { isZero = false }
                if !isFraction, !isZero { wholeDigits += 1 }
                if isFraction, isZero { leadingZeros += 1 }
            }
            index += 1
        }
        if isZero { return true }
        guard index < range.upperBound else { return wholeDigits <= 308 }
        index += 1
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { return wholeDigits <= 308 }
        if bytes[index] == UInt8(ascii: "+") { index += 1 }
        var exponent = 0
        while index < range.upperBound {
            exponent = min(exponent * 10 + Int(bytes[index] & 0x0f), 10_000)
            index += 1
        }
        return exponent + (wholeDigits > 0 ? wholeDigits : -leadingZeros) <= 308
    }

    @inline(__always)
    private static func skipDigits(_ bytes: Span<UInt8>, _ index: inout Int, _ end: Int) {
        while index < end, bytes[index] &- 48 < 10 { index += 1 }
    }
}
