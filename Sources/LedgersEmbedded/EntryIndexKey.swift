/// How the index keeps an event's identifier: a UUID in lower case as its 16 bytes, else the text.
enum EntryIndexKey {
    static let uuidCount = 36

    /// The 16 bytes of a UUID as two words, the first bytes in the highest places, or `nil` if
    /// `text` is no UUID in lower case.
    static func uuid(_ text: Span<UInt8>) -> (UInt64, UInt64)? {
        guard text.count == uuidCount else { return nil }
        let dashes = (text[8] ^ 45) | (text[13] ^ 45) | (text[18] ^ 45) | (text[23] ^ 45)
        var isHexadecimal = dashes == 0
        func digits(_ range: Range<Int>, after word: UInt64) -> UInt64 {
            var word = word
            for index in range {
                let character = text[index]
                let isLetter = character &- 97 < 6
                isHexadecimal = isHexadecimal && (isLetter || character &- 48 < 10)
                word = word << 4 | UInt64(isLetter ? character &- 87 : character & 15)
            }
            return word
        }
        let first = digits(14..<18, after: digits(9..<13, after: digits(0..<8, after: 0)))
        let second = digits(24..<36, after: digits(19..<23, after: 0))
        return isHexadecimal ? (first, second) : nil
    }

    /// Binds the identifier `text` to a parameter.
    static func bind(
        _ text: Span<UInt8>,
        to statement: SQLiteStatement,
        _ number: Int32
    ) throws(SQLiteFailure) {
        guard let words = uuid(text) else { return try statement.bind(number, text: text) }
        try bind(words, to: statement, number)
    }

    static func bind(
        _ words: (UInt64, UInt64),
        to statement: SQLiteStatement,
        _ number: Int32
    ) throws(SQLiteFailure) {
        let blob: InlineArray<2, UInt64> = [words.0.bigEndian, words.1.bigEndian]
        try statement.bind(number, blob: blob)
    }

    /// Whether the value in a column is how the identifier `text` is kept.
    static func matches(_ text: Span<UInt8>, _ row: SQLiteStatement, _ column: Int32) -> Bool {
        let isUUID: Bool
        switch row.type(column) {
        case .blob: isUUID = true
        case .text: isUUID = false
        case .integer, .other: return false
        }
        return row.withBytes(column) { value in
            guard let words = uuid(text) else { return !isUUID && value.isEqual(to: text) }
            guard isUUID, value.count == 16 else { return false }
            return value.bigEndianWord(0) == words.0 && value.bigEndianWord(8) == words.1
        }
    }
}

extension Span<UInt8> {
    func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// The eight bytes from `offset` on, which must be there, the first in the highest place.
    func bigEndianWord(_ offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in offset..<offset + 8 { word = word << 8 | UInt64(self[index]) }
        return word
    }
}
