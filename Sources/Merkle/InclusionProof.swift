public import Cryptography

/// The proof that a leaf stands at an index of the tree with a given root (RFC 9162, section 2.1.3).
///
/// It binds the leaf, the index and the root. The size it binds only so far as the path's shape
/// depends on it: take the size from where the root is signed, never from the proof's sender.
public struct InclusionProof: Hashable, Sendable {
    /// The place of the leaf, counted from 0.
    public let index: Int
    /// The number of leaves of the tree.
    public let size: Int
    /// The siblings on the way from the leaf to the root, in that order.
    public let hashes: [Digest]

    /// Takes a proof from elsewhere, or returns `nil` if no proof has these numbers.
    ///
    /// - Parameters:
    ///   - index: Any number.
    ///   - size: Any number.
    ///   - hashes: From the leaf to the root.
    public init?(index: Int, size: Int, hashes: [Digest]) {
        guard Self.hashCount(index: index, size: size) == hashes.count else { return nil }
        self.index = index
        self.size = size
        self.hashes = hashes
    }

    /// Makes the proof for the leaf at `index` in the tree of the first `size` leaves.
    ///
    /// - Parameters:
    ///   - index: Below `size`.
    ///   - size: The number of leaves, now or at any time before.
    ///   - source: Has the nodes of a tree that is at least as large; asked once.
    /// - Throws: ``ProofError`` for numbers without a proof, and what the source throws.
    public init(of index: Int, in size: Int, from source: some HashSource) throws {
        guard let plan = Self.plan(index: index, size: size) else {
            throw ProofError.indexOutOfRange(index, size: size)
        }
        self.index = index
        self.size = size
        hashes = plan.orderedHashes(from: try source.checkedHashes(at: plan.nodes))
    }

    /// Returns what must be fetched for a proof, or `nil` if there is no such leaf.
    public static func plan(index: Int, size: Int) -> ProofPlan? {
        guard index >= 0, index < size else { return nil }
        var siblings: [Range<Int>] = []
        var subtree = 0..<size
        while subtree.count > 1 {
            let middle = subtree.lowerBound + ProofPlan.split(subtree.count)
            let (left, right) = (subtree.lowerBound..<middle, middle..<subtree.upperBound)
            siblings.append(index < middle ? right : left)
            subtree = index < middle ? left : right
        }
        return ProofPlan(ranges: siblings.reversed())
    }

    /// Returns how many hashes the proof has, or `nil` if there is no such leaf.
    public static func hashCount(index: Int, size: Int) -> Int? {
        guard index >= 0, index < size else { return nil }
        let inner = innerCount(index, size)
        return inner + (index >> inner).nonzeroBitCount
    }

    /// Returns whether `leaf` is the leaf hash at the index, in the tree with this root.
    public func isValid(for leaf: Digest, root: Digest) -> Bool {
        self.root(over: leaf) == root
    }

    /// Returns whether the hashes prove `leaf` at `index` of the tree of `size` leaves with this
    /// root.
    ///
    /// Any numbers and any number of hashes are answered.
    public static func isValid(
        _ hashes: [Digest],
        for leaf: Digest,
        at index: Int,
        size: Int,
        root: Digest
    ) -> Bool {
        Self(index: index, size: size, hashes: hashes)?.isValid(for: leaf, root: root) ?? false
    }

    /// Returns the root that the tree has if `leaf` is the leaf hash at the index.
    public func root(over leaf: Digest) -> Digest {
        let inner = Self.innerCount(index, size)
        var root = leaf
        for (height, sibling) in hashes.enumerated() {
            // Below the place where the path meets the right edge the index says which side the
            // sibling is on; from there on it is always on the left.
            if height < inner, index >> height & 1 == 0 {
                root = TreeHash.node(root, sibling)
            } else {
                root = TreeHash.node(sibling, root)
            }
        }
        return root
    }

    /// How many steps the path takes before it runs along the right edge of the tree.
    private static func innerCount(_ index: Int, _ size: Int) -> Int {
        Int.bitWidth - (index ^ (size - 1)).leadingZeroBitCount
    }
}
