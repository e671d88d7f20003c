public import Cryptography

/// Perfect nodes, from lists that hold one level in eight.
///
/// Whoever stores a tree keeps one list of hashes for each level of tiles, to which it only ever
/// appends: list 0 has every leaf hash, list 1 every perfect node of height 8, list 2 of height 16,
/// and so on. Tiles are these lists, cut every 256 hashes. All other nodes are folded from them.
public struct TiledHashes: HashSource {
    /// Where the hashes stand that a perfect node is folded from.
    public struct Place: Hashable, Sendable {
        /// The level of tiles, so the number of the list.
        public let level: Int
        /// The places in the list; a power of two of them, at most 128, inside one tile.
        public let range: Range<Int>

        /// - Parameter node: A node that is perfect in some tree.
        public init(of node: NodeCoordinate) {
            let (tileLevel, height) = node.level.quotientAndRemainder(
                dividingBy: TileCoordinate.height
            )
            level = tileLevel
            range = node.index << height..<(node.index + 1) << height
        }
    }

    /// Reads the hashes that stand at the places `range` of the list `level`.
    public typealias Reader = (_ level: Int, _ range: Range<Int>) throws -> [Digest]

    /// The number of leaves.
    public let size: Int
    private let read: Reader

    /// - Parameters:
    ///   - size: The number of leaves whose nodes may be asked for.
    ///   - read: Is never asked beyond what a tree of `size` leaves has.
    public init(size: Int, read: @escaping Reader) {
        self.size = size
        self.read = read
    }

    /// Folds each node from its list, with one read a node.
    ///
    /// - Throws: ``ProofError/noSuchNode(_:size:)`` where the tree lacks a node,
    ///   ``ProofError/wrongHashCount(_:expected:)`` where the lists are too short, and what the
    ///   reader throws.
    public func hashes(at coordinates: [NodeCoordinate]) throws -> [Digest] {
        try coordinates.map { node in
            guard node.isPerfect(in: size) else {
                throw ProofError.noSuchNode(node, size: size)
            }
            let place = Place(of: node)
            var hashes = try read(place.level, place.range)
            guard hashes.count == place.range.count else {
                throw ProofError.wrongHashCount(hashes.count, expected: place.range.count)
            }
            var width = hashes.count / 2
            while width > 0 {
                RFC6962.hashPairs(of: &hashes, count: width)
                width /= 2
            }
            return hashes[0]
        }
    }
}
