public import Cryptography

/// A tree in memory, as the lists that ``TiledHashes`` reads.
///
/// Takes 32 bytes a leaf, and a 256th more for the levels above.
public struct HashLists: Hashable, Sendable {
    /// The tree's right edge and root.
    public private(set) var range = CompactRange()
    /// One list for each level of tiles that the tree has.
    public private(set) var lists: [[Digest]] = []

    /// The tree without leaves.
    public init() {}

    /// The number of leaves.
    public var size: Int { range.size }

    /// Appends leaf hashes.
    public mutating func append(contentsOf leaves: [Digest]) {
        guard !leaves.isEmpty else { return }
        // Moved out, so that the closure below appends to lists that nobody else holds.
        var lists = self.lists
        self.lists = []
        if lists.isEmpty { lists.append([]) }
        lists[0].append(contentsOf: leaves)
        range.append(contentsOf: leaves.span) { node, hash in
            let (level, rest) = node.level.quotientAndRemainder(dividingBy: TileCoordinate.height)
            guard rest == 0 else { return }
            if level == lists.count { lists.append([]) }
            lists[level].append(hash)
        }
        self.lists = lists
    }
}

extension HashLists: HashSource {
    /// - Throws: ``ProofError/noSuchNode(_:size:)`` where the tree lacks a node.
    public func hashes(at coordinates: [NodeCoordinate]) throws -> [Digest] {
        try TiledHashes(size: size) { Array(lists[$0][$1]) }.hashes(at: coordinates)
    }
}
