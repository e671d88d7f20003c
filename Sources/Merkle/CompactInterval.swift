public import Cryptography

/// What must be known of the leaves of an interval to hash on from them: the roots of the fewest
/// perfect subtrees that cover it.
///
/// Workers may hash neighbouring intervals side by side; `append(_:)` joins them with O(log *n*)
/// more hashes. Whoever begins at leaf 0 wants a ``CompactRange``, which also has a root.
public struct CompactInterval: Hashable, Sendable {
    /// The leaves that are covered, counted from the first of the tree.
    public private(set) var range: Range<Int>
    /// The hashes of the nodes ``NodeCoordinate/covering(_:)`` the range, from the left.
    public private(set) var hashes: [Digest] = []

    /// Begins without leaves.
    ///
    /// - Parameter place: How many leaves of the tree stand before the interval.
    public init(startingAt place: Int) {
        precondition(place >= 0, "leaves are counted from 0")
        range = place..<place
    }

    /// Takes what has been stored, or returns `nil` if the range has not that many nodes or begins
    /// below 0.
    public init?(range: Range<Int>, hashes: [Digest]) {
        guard range.lowerBound >= 0, NodeCoordinate.coveringCount(range) == hashes.count else {
            return nil
        }
        self.range = range
        self.hashes = hashes
    }

    /// Appends one leaf hash.
    ///
    /// - Complexity: O(log *n*), O(1) amortised.
    public mutating func append(_ leaf: Digest) {
        push(leaf, level: 0, nil)
    }

    /// Appends leaf hashes, a perfect subtree at a time and each of these level by level.
    ///
    /// - Complexity: O(*k* + log *n*) hashes for *k* leaves.
    public mutating func append(contentsOf leaves: Span<Digest>) {
        append(contentsOf: leaves, reporting: nil)
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
        withoutActuallyEscaping(onNode) { append(contentsOf: leaves, reporting: $0) }
    }

    /// Appends the leaves of the interval that begins where this one ends.
    ///
    /// - Parameters:
    ///   - next: An interval whose lower bound is this one's upper bound.
    ///   - onNode: Is told of the nodes that become perfect by the joining; not of those inside
    ///     `next`.
    public mutating func append(
        _ next: CompactInterval,
        onNode: (NodeCoordinate, Digest) -> Void = { _, _ in }
    ) {
        precondition(next.range.lowerBound == range.upperBound, "the intervals are no neighbours")
        withoutActuallyEscaping(onNode) { onNode in
            for (node, hash) in zip(NodeCoordinate.covering(next.range), next.hashes) {
                push(hash, level: node.level, onNode)
            }
        }
    }
}

extension CompactInterval {
    private typealias Report = (NodeCoordinate, Digest) -> Void

    /// Subtrees of up to 2^8 leaves are hashed level by level in 4 KiB that stay in the cache.
    private static let blockLevel = 8

    private mutating func append(contentsOf leaves: Span<Digest>, reporting report: Report?) {
        guard leaves.count > 1 else {
            if leaves.count == 1 { push(leaves[0], level: 0, report) }
            return
        }
        let capacity = min(1 << (Self.blockLevel - 1), leaves.count / 2)
        var block = [Digest](repeating: Digest(), count: capacity)
        var start = 0
        while start < leaves.count {
            let fitting = NodeCoordinate.largestLevel(
                at: range.upperBound,
                within: leaves.count - start
            )
            let level = min(Self.blockLevel, fitting)
            let end = start + 1 << level
            if level == 0 {
                push(leaves[start], level: 0, report)
            } else {
                reduce(leaves.extracting(start..<end), in: &block, report)
                push(block[0], level: level, report)
            }
            start = end
        }
    }

    /// Leaves the root of the perfect subtree over `leaves` at the front of `block`.
    private func reduce(_ leaves: Span<Digest>, in block: inout [Digest], _ report: Report?) {
        var nodes = block.mutableSpan
        var width = leaves.count / 2
        TreeHash.nodes(over: leaves, to: &nodes)
        var level = 1
        while true {
            if let report {
                let first = range.upperBound >> level
                for index in 0..<width {
                    report(NodeCoordinate(level: level, index: first + index), nodes[index])
                }
            }
            guard width > 1 else { return }
            width /= 2
            level += 1
            TreeHash.replacePairs(width, of: &nodes)
        }
    }

    /// Appends the root of a perfect subtree, which may begin where the interval ends, and merges
    /// siblings as long as there are any.
    private mutating func push(_ subtree: Digest, level: Int, _ report: Report?) {
        var node = NodeCoordinate(level: level, index: range.upperBound >> level)
        var hash = subtree
        while node.index & 1 == 1, (node.index - 1) << node.level >= range.lowerBound,
            let left = hashes.popLast()
        {
            hash = TreeHash.node(left, hash)
            node = NodeCoordinate(level: node.level + 1, index: node.index >> 1)
            report?(node, hash)
        }
        hashes.append(hash)
        range = range.lowerBound..<range.upperBound + 1 << level
    }
}
