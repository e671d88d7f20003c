extension CommandError {
    /// A word that is none of `names`; suggests the one that a slip of the hand may have turned
    /// into it.
    static func unknown(_ kind: String, _ word: String, among names: [String]) -> Self {
        let near = suggestion(for: word, among: names)
        return .usage("unknown \(kind) '\(word)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }
}

/// The name nearest to `word`, if it is near: at most two slips, and fewer than half its letters.
func suggestion(for word: String, among names: [String]) -> String? {
    // Longer words are no slip of the hand, and the comparison takes the product of the lengths.
    guard word.count <= 64 else { return nil }
    let near = names.map { (name: $0, slips: slips(from: word, to: $0)) }
        .filter { $0.slips <= 2 && 2 * $0.slips < $0.name.count }
        .min { $0.slips < $1.slips }
    return near?.name
}

/// The fewest letters to add, drop, change or swap with the next, to turn `word` into `name`.
private func slips(from word: String, to name: String) -> Int {
    let (word, name) = (Array(word), Array(name))
    var beforeLast: [Int] = []
    var last = Array(0...name.count)
    for row in word.indices {
        var current = [row + 1]
        for column in name.indices {
            let isSame = word[row] == name[column]
            var least = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1)
            least = min(least, current[column] + 1)
            if row > 0, column > 0, word[row] == name[column - 1], word[row - 1] == name[column] {
                least = min(least, beforeLast[column - 1] + 1)
            }
            current.append(least)
        }
        (beforeLast, last) = (last, current)
    }
    return last[name.count]
}
