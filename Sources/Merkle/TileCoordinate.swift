/// The name of a tile of C2SP tlog-tiles: up to 256 neighbouring hashes of one level in eight.
///
/// Hash *j* of tile *n* of level *l* is the perfect node (8*l*, 256*n* + *j*). An entry bundle has
/// the index and width of the level-0 tile of its leaf hashes.
public struct TileCoordinate: Hashable, Sendable {
    /// The number of hashes of a full tile.
    public static let fullWidth = 256
    /// How many levels of nodes one level of tiles stands for.
    public static let height = 8

    /// The level of tiles, 0 to 63; the leaf hashes are level 0.
    public let level: Int
    /// The place among the tiles of the level, from the left.
    public let index: Int
    /// The number of hashes: 256, or fewer in a partial tile, which has at least one.
    public let width: Int

    /// Returns `nil` for numbers out of bounds.
    public init?(level: Int, index: Int, width: Int = fullWidth) {
        guard (0...63).contains(level), index >= 0, (1...Self.fullWidth).contains(width) else {
            return nil
        }
        self.init(uncheckedLevel: level, index: index, width: width)
    }

    init(uncheckedLevel level: Int, index: Int, width: Int) {
        self.level = level
        self.index = index
        self.width = width
    }

    /// Whether the tile has all its hashes, and so never changes.
    public var isFull: Bool { width == Self.fullWidth }

    /// Where the tile's hashes stand in the list of all hashes of its level, or `nil` if no tree
    /// is that large.
    public var hashRange: Range<Int>? {
        let (first, overflow) = index.multipliedReportingOverflow(by: Self.fullWidth)
        guard !overflow, first <= Int.max - width else { return nil }
        return first..<first + width
    }
}
