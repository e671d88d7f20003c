public import Cryptography

/// A growing tree, held as the roots of its perfect subtrees: all that is needed to append to it
/// and to know its root.
///
/// At most 63 hashes, whatever the size. Two ranges are equal if and only if their trees are.
public struct CompactRange: Hashable, Sendable {
    private var interval: CompactInterval

    /// The tree without leaves.
    public init() {
        interval = CompactInterval(startingAt: 0)
    }

    /// Takes what has been stored, or returns `nil` if a tree of `size` leaves has not that many
    /// perfect subtrees.
    ///
    /// - Parameters:
    ///   - size: The number of leaves; any number is answered.
    ///   - hashes: The roots of the subtrees, largest first.
    public init?(size: Int, hashes: [Digest]) {
        guard size >= 0, let interval = CompactInterval(range: 0..<size, hashes: hashes) else {
            return nil
        }
        self.interval = interval
    }

    /// The number of leaves.
    public var size: Int { interval.range.upperBound }

    /// The roots of the perfect subtrees, largest first: as many as `size` has bits that are set.
    public var hashes: [Digest] { interval.hashes }

    /// The root over all leaves; of none, ``RFC6962/emptyRoot``.
    ///
    /// - Complexity: O(log *n*).
    public var root: Digest {
        guard var root = interval.hashes.last else { return RFC6962.emptyRoot }
        for left in interval.hashes.dropLast().reversed() { root = TreeHash.node(left, root) }
        return root
    }

    /// Appends one leaf hash.
    ///
    /// - Complexity: O(log *n*), O(1) amortised.
    public mutating func append(_ leaf: Digest) {
        interval.append(leaf)
    }

    /// Appends leaf hashes, a perfect subtree at a time and each of these level by level.
    ///
    /// - Complexity: O(*k* + log *n*) hashes for *k* leaves.
    public mutating func append(contentsOf leaves: Span<Digest>) {
        interval.append(contentsOf: leaves)
    }

    /// Appends leaf hashes, a perfect subtree at a time and each of these level by level.
    ///
    /// - Complexity: O(*k* + log *n*) hashes for *k* leaves.
    public mutating func append(contentsOf leaves: [Digest]) {
        interval.append(contentsOf: leaves.span)
    }

    /// Appends leaf hashes, and tells `onNode` of every node above the leaves that became perfect.
    ///
    /// - Parameters:
    ///   - leaves: Leaf hashes.
    ///   - onNode: Called once a node. Within a level the nodes come from the left; a node comes
    ///     after both its children.
    public mutating func append(
        contentsOf leaves: Span<Digest>,
        onNode: (NodeCoordinate, Digest) -> Void
    ) {
        interval.append(contentsOf: leaves, onNode: onNode)
    }

    /// Appends the leaves of an interval that was hashed elsewhere.
    ///
    /// - Parameter next: An interval that begins at leaf number `size`.
    /// - Complexity: O(log *n*) hashes.
    public mutating func append(_ next: CompactInterval) {
        interval.append(next)
    }
}
