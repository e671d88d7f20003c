/// Times and sizes as people write them: `20 ms`, `8 MiB`; a bare number is milliseconds or bytes.
public enum Quantity {
    /// Units of time, each with its size in nanoseconds.
    private static let timeUnits: KeyValuePairs = [
        "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    /// Units of size, each with its size in bytes.
    private static let sizeUnits: KeyValuePairs = [
        "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
    ]

    /// What a time is, for messages.
    public static let timeExpectation = "a time such as '20 ms' (\(names(timeUnits)))"

    /// What a size is, for messages.
    public static let sizeExpectation = "a size such as '8 MiB' (\(names(sizeUnits)))"

    /// The time that `text` stands for; a bare number is milliseconds.
    ///
    /// - Parameter text: Digits, then perhaps spaces and a unit.
    /// - Returns: `nil` for anything else, and for more than about 292 years.
    public static func duration(_ text: String) -> Duration? {
        amount(text, in: timeUnits, bare: "ms").map { .nanoseconds($0) }
    }

    /// The bytes that `text` stands for; a bare number is bytes.
    ///
    /// - Parameter text: Digits, then perhaps spaces and a unit.
    /// - Returns: `nil` for anything else, and for 2⁶³ bytes or more.
    public static func byteCount(_ text: String) -> Int? {
        amount(text, in: sizeUnits, bare: "B")
    }

    private static func amount(
        _ text: String,
        in units: KeyValuePairs<String, Int>,
        bare: String
    ) -> Int? {
        let text = text.trimmed
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = String(text.dropFirst(digits.count)).trimmed
        let name = unit.isEmpty ? bare : unit
        guard let number = Int(digits), let size = units.first(where: { $0.key == name })?.value
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
    }

    private static func names(_ units: KeyValuePairs<String, Int>) -> String {
        units.map(\.key).joined(separator: ", ")
    }
}

extension String {
    /// Without the spaces, tabs and line ends around it.
    var trimmed: String {
        let tail = drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }
        return String(tail.reversed())
    }
}
