import Cryptography
import Merkle

/// The right edge of a tree: the hashes of every level of tiles that are in no full tile yet.
struct TileFrontier: Equatable {
    /// A tile that has got all its hashes.
    struct FullTile: Equatable {
        let level: Int
        let index: Int
        let hashes: [UInt8]
    }

    private(set) var range: CompactRange
    /// One list for each level, level 0 first, of fewer than 256 hashes.
    private(set) var partial: [[Digest]]

    /// The tree without leaves.
    init() {
        range = CompactRange()
        partial = []
    }

    /// Takes what is stored, or returns `nil` if that is no right edge of a tree of `size` leaves, or
    /// of another tree than `range`.
    ///
    /// - Parameters:
    ///   - range: The roots of the perfect subtrees.
    ///   - stored: The hashes behind the last full tile of each level, one level behind the other.
    init?(_ range: CompactRange, partial stored: [UInt8]) {
        let layout = TileLayout(size: range.size)
        var lists: [[Digest]] = []
        let bytes = stored.span
        var place = 0
        for level in 0..<layout.levelCount {
            let count = layout.partialWidth(level: level) * Digest.byteCount
            guard place + count <= bytes.count else { return nil }
            lists.append([Digest](bytes.extracting(place..<place + count)))
            place += count
        }
        guard place == bytes.count else { return nil }
        let source = TiledHashes(size: range.size) { level, places in
            let start = layout.fullTileCount(level: level) * TileCoordinate.fullWidth
            guard places.lowerBound >= start else { return [] }
            return Array(lists[level][places.lowerBound - start..<places.upperBound - start])
        }
        guard let folded = try? CompactRange(size: range.size, from: source), folded == range else {
            return nil
        }
        self.range = range
        partial = lists
    }

    /// The hashes as they are stored.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for hash in partial.joined() { hash.append(to: &bytes) }
        return bytes
    }

    /// Appends leaf hashes.
    ///
    /// - Returns: The tiles that became full.
    mutating func append(_ leaves: [Digest]) -> [FullTile] {
        guard !leaves.isEmpty else { return [] }
        let before = TileLayout(size: range.size)
        var lists = partial
        partial = []
        if lists.isEmpty { lists.append([]) }
        lists[0].append(contentsOf: leaves)
        range.append(contentsOf: leaves.span) { node, hash in
            let (level, rest) = node.level.quotientAndRemainder(dividingBy: TileCoordinate.height)
            guard rest == 0 else { return }
            if level == lists.count { lists.append([]) }
            lists[level].append(hash)
        }
        var full: [FullTile] = []
        for level in lists.indices {
            let count = lists[level].count / TileCoordinate.fullWidth
            for number in 0..<count {
                let start = number * TileCoordinate.fullWidth
                var bytes: [UInt8] = []
                bytes.reserveCapacity(TileCoordinate.fullWidth * Digest.byteCount)
                for hash in lists[level][start..<start + TileCoordinate.fullWidth] {
                    hash.append(to: &bytes)
                }
                full.append(
                    FullTile(
                        level: level,
                        index: before.fullTileCount(level: level) + number,
                        hashes: bytes
                    )
                )
            }
            lists[level].removeFirst(count * TileCoordinate.fullWidth)
        }
        partial = lists
        return full
    }
}

extension [Digest] {
    /// Takes digests that stand one behind the other; bytes that are no whole digest are left out.
    init(_ bytes: Span<UInt8>) {
        self = []
        let size = Digest.byteCount
        reserveCapacity(bytes.count / size)
        for number in 0..<bytes.count / size {
            if let hash = Digest(bytes.extracting(number * size..<(number + 1) * size)) {
                append(hash)
            }
        }
    }
}
