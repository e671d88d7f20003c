extension EventScanner {
    /// Decimal text with at most six places, exact, in millionths.
    func decimalMicros(_ field: Field, _ bytes: Span<UInt8>) throws(ScanError) -> Int64 {
        var index = Int(field.start)
        let end = index + Int(field.length)
        let isNegative = index < end && bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var value: Int64 = 0
        var digits = 0
        var places: Int?
        while index < end {
            let digit = Int64(bytes[index]) - 48
            if digit == -2, places == nil, digits > 0 {
                places = 0
            } else if (0...9).contains(digit), places != 6 {
                let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
                let (sum, isStillTooLarge) = tenfold.addingReportingOverflow(digit)
                if isTooLarge || isStillTooLarge { throw .badValue(field: "amount") }
                value = sum
                digits += 1
                places = places.map { $0 + 1 }
            } else {
                throw .badValue(field: "amount")
            }
            index += 1
        }
        guard digits > 0, places != 0 else { throw .badValue(field: "amount") }
        for _ in (places ?? 0)..<6 {
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            if isTooLarge { throw .badValue(field: "amount") }
            value = tenfold
        }
        return isNegative ? -value : value
    }

    /// `YYYY-MM-DDThh:mm:ss`, up to nine places of a second, and `Z` or an offset, in milliseconds.
    func milliseconds(_ field: Field, _ bytes: Span<UInt8>) throws(ScanError) -> Int64 {
        let start = Int(field.start)
        let end = start + Int(field.length)
        var isValid = field.length >= 20
        func number(_ offset: Int, _ count: Int, _ mark: UInt8?) -> Int64 {
            var value: Int64 = 0
            for index in start + offset..<start + offset + count {
                let digit = Int64(bytes[index]) - 48
                isValid = isValid && (0...9).contains(digit)
                value = value * 10 + digit
            }
            if let mark { isValid = isValid && bytes[start + offset + count] == mark }
            return value
        }
        guard isValid else { throw .badValue(field: "timestamp") }
        let (year, month, day) = (
            number(0, 4, UInt8(ascii: "-")), number(5, 2, UInt8(ascii: "-")),
            number(8, 2, UInt8(ascii: "T"))
        )
        let (hour, minute, second) = (
            number(11, 2, UInt8(ascii: ":")), number(14, 2, UInt8(ascii: ":")), number(17, 2, nil)
        )
        isValid =
            isValid && (1...12).contains(month) && (1...31).contains(day) && hour < 24
            && minute < 60 && second < 60
        var index = start + 19
        var fraction: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100
            let first = index
            while index < end, (48...57).contains(bytes[index]) {
                fraction += Int64(bytes[index] - 48) * scale
                scale /= 10
                index += 1
            }
            isValid = isValid && (1...9).contains(index - first)
        }
        var zone: Int64 = 0
        let isEast = bytes[index] == UInt8(ascii: "+")
        if index + 6 == end, isEast || bytes[index] == UInt8(ascii: "-") {
            let minutes =
                number(index + 1 - start, 2, UInt8(ascii: ":")) * 60
                + number(index + 4 - start, 2, nil)
            zone = isEast ? minutes : -minutes
        } else {
            isValid = isValid && index + 1 == end && bytes[index] == UInt8(ascii: "Z")
        }
        guard isValid else { throw .badValue(field: "timestamp") }
        let days = CivilDay.daysSinceEpoch(year, month, day)
        return ((days * 24 + hour) * 60 + minute - zone) * 60_000 + second * 1_000 + fraction
    }
}
