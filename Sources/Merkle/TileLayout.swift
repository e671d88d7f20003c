/// Which tiles and entry bundles a tree of a given size has.
public struct TileLayout: Hashable, Sendable {
    /// The number of leaves.
    public let size: Int

    /// - Parameter size: Not negative.
    public init(size: Int) {
        precondition(size >= 0, "a tree has no negative size")
        self.size = size
    }

    /// How many levels of tiles there are: 0 for the empty tree, at most 8.
    public var levelCount: Int {
        (Int.bitWidth - size.leadingZeroBitCount + TileCoordinate.height - 1)
            / TileCoordinate.height
    }

    /// How many hashes all tiles of a level, which is not negative, have together.
    public func hashCount(level: Int) -> Int {
        level < 8 ? size >> (level * TileCoordinate.height) : 0
    }

    /// How many full tiles, which never change, a level has.
    public func fullTileCount(level: Int) -> Int {
        hashCount(level: level) / TileCoordinate.fullWidth
    }

    /// How many hashes the partial tile at the end of a level has; 0 if there is none.
    public func partialWidth(level: Int) -> Int {
        hashCount(level: level) % TileCoordinate.fullWidth
    }

    /// The tiles of a level, from the left, that a tree of `oldSize` leaves has not or has narrower.
    ///
    /// Level 0 also names the entry bundles.
    ///
    /// - Parameters:
    ///   - level: Not negative.
    ///   - oldSize: What somebody has already; 0 for all tiles.
    /// - Returns: A lazy sequence; each tile as wide as this tree has it.
    public func tiles(level: Int, since oldSize: Int = 0) -> some Collection<TileCoordinate> {
        let hashCount = hashCount(level: level)
        let old = oldSize < size ? TileLayout(size: max(oldSize, 0)).hashCount(level: level) : .max
        let indices = Self.changed(from: old, to: hashCount, width: TileCoordinate.fullWidth)
        return indices.lazy.map { index in
            let width = min(TileCoordinate.fullWidth, hashCount - index * TileCoordinate.fullWidth)
            return TileCoordinate(uncheckedLevel: level, index: index, width: width)
        }
    }

    /// The entry bundle, or the level-0 tile, that holds a leaf; `nil` if there is no such leaf.
    public func bundle(of leaf: Int) -> TileCoordinate? {
        guard leaf >= 0, leaf < size else { return nil }
        let index = leaf / TileCoordinate.fullWidth
        let width = min(TileCoordinate.fullWidth, size - index * TileCoordinate.fullWidth)
        return TileCoordinate(uncheckedLevel: 0, index: index, width: width)
    }

    /// The tiles that change when a level's hashes grow from one number to another.
    static func changed(from old: Int, to new: Int, width: Int) -> Range<Int> {
        guard old < new else { return 0..<0 }
        return old / width..<(new - 1) / width + 1
    }
}
