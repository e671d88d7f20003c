import StreamsEmbedded

/// The dead letters that a source has already.
struct KnownLetters: Sendable {
    /// The letter of a last row that was cut short when the source was read.
    struct Open: Sendable {
        let id: String
        /// Whether it was sent again since.
        let isRedriven: Bool
    }

    /// How many of the rows that count as read are letters.
    private(set) var count = 0
    /// The newest letters of rows that do not, by line.
    private(set) var open: [Int: Open] = [:]

    /// Takes a letter of the source, in the order in which they were made.
    ///
    /// - Parameters:
    ///   - stored: The letter.
    ///   - bytes: How much of the source counts as read.
    /// - Returns: Whether its row counts as read.
    mutating func add(_ stored: StoredLetter, readUpTo bytes: Int) -> Bool {
        let letter = stored.letter
        if letter.id == "\(letter.source):\(letter.line)" {
            count += 1
            return true
        }
        if letter.offset >= bytes {
            open[letter.line] = Open(id: letter.id, isRedriven: stored.redrivenAt != nil)
        }
        return false
    }
}
