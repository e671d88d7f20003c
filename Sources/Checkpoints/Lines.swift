/// Bytes that are read line by line, each ended by a single line feed.
///
/// On bytes and not on `String`, whose characters are not bytes: there `"\r\n"` is one character.
struct Lines {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")

    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes the next line without its end, or returns `nil` if no line ends in what is left.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: Self.newline) else { return nil }
        let line = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        return line
    }

    /// The number that `digits` writes, if they write it as we would: decimal, below 2^63, no sign
    /// and no leading zero.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard let first = digits.first, digits.count <= 19 else { return nil }
        guard first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }

    /// The string of bytes that are UTF-8 and have no control characters.
    static func plainText(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.allSatisfy({ $0 >= 0x20 }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
