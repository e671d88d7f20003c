/// A path below a log's prefix, as C2SP tlog-tiles lays it out.
///
/// The index is written in groups of three digits, all but the last with an `x` in front: 1234067
/// is `x001/x234/067`. A partial tile adds `.p/` and its width. Every resource has one path, and
/// others are refused.
public enum TilePath: Hashable, Sendable {
    /// `checkpoint`.
    case checkpoint
    /// `tile/<level>/<index>[.p/<width>]`.
    case tile(TileCoordinate)
    /// `tile/entries/<index>[.p/<width>]`, named by the level-0 tile of the same leaves.
    case entries(TileCoordinate)

    /// Reads a path without a leading slash, or returns `nil` for anything that would not be
    /// written so.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        if text == "checkpoint" {
            self = .checkpoint
            return
        }
        var parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.removeFirst().elementsEqual("tile".utf8) else { return nil }
        let kind = parts.removeFirst()
        let isEntries = kind.elementsEqual("entries".utf8)
        guard let level = isEntries ? 0 : Self.number(kind) else { return nil }

        var width = TileCoordinate.fullWidth
        if parts.count >= 2, parts[parts.count - 2].suffix(2).elementsEqual(".p".utf8) {
            guard let partial = Self.number(parts.removeLast()), partial < width else {
                return nil
            }
            width = partial
            parts[parts.count - 1] = parts[parts.count - 1].dropLast(2)
        }
        guard let index = Self.index(parts),
            let tile = TileCoordinate(level: level, index: index, width: width)
        else { return nil }
        self = isEntries ? .entries(tile) : .tile(tile)
        guard description.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// A decimal number of one to three digits.
    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard (1...3).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    private static func index(_ groups: [Substring.UTF8View]) -> Int? {
        // Six groups stay below 10^18, which leaves room in 63 bits.
        guard (1...6).contains(groups.count) else { return nil }
        var index = 0
        for (place, group) in groups.enumerated() {
            let isLast = place == groups.count - 1
            guard isLast || group.first == UInt8(ascii: "x") else { return nil }
            let digits = isLast ? group : group.dropFirst()
            guard digits.count == 3, let number = number(digits) else { return nil }
            index = index * 1_000 + number
        }
        return index
    }
}

extension TilePath: CustomStringConvertible {
    /// The path, without a leading slash.
    public var description: String {
        switch self {
        case .checkpoint: "checkpoint"
        case .tile(let tile): "tile/\(tile.level)/\(Self.place(tile))"
        case .entries(let tile): "tile/entries/\(Self.place(tile))"
        }
    }

    private static func place(_ tile: TileCoordinate) -> String {
        var groups = [padded(tile.index % 1_000)]
        var rest = tile.index / 1_000
        while rest > 0 {
            groups.append("x" + padded(rest % 1_000))
            rest /= 1_000
        }
        let path = groups.reversed().joined(separator: "/")
        return tile.isFull ? path : path + ".p/\(tile.width)"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
