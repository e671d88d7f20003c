/// An instant as RFC 3339 text in UTC, to the millisecond.
///
/// Computed from the proleptic Gregorian calendar, days counted from 0000-03-01, so that the leap
/// day is the last day of its year.
struct Timestamp: CustomStringConvertible {
    /// Since 1970, UTC; leap seconds do not count.
    let nanoseconds: Int64

    var description: String {
        let (second, fraction) = quotient(Int(nanoseconds), by: 1_000_000_000)
        let (day, secondOfDay) = quotient(second, by: 86_400)
        let (era, dayOfEra) = quotient(day + 719_468, by: 146_097)
        let leap = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leap) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = [
            padded(year, 4), padded(month, 2),
            padded(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2),
        ]
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map {
            padded($0, 2)
        }
        return date.joined(separator: "-") + "T" + time.joined(separator: ":")
            + ".\(padded(fraction / 1_000_000, 3))Z"
    }
}

/// Division that rounds down, so that the remainder is never negative.
private func quotient(_ dividend: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
