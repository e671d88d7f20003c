public import Cryptography

/// Which perfect nodes a proof is made of, and how its hashes follow from theirs.
///
/// Most hashes of a proof are nodes; those at the ragged right edge of the tree are folded from
/// several.
public struct ProofPlan: Hashable, Sendable {
    /// The nodes to fetch: ascending, each once, at most 124.
    public let nodes: [NodeCoordinate]
    /// For each hash of the proof the places in `nodes` that it is folded from, from the left.
    private let parts: [[Int]]

    /// - Parameter ranges: For each hash of the proof the leaves that it covers; disjoint.
    init(ranges: [Range<Int>]) {
        self.init(groups: ranges.map(NodeCoordinate.covering))
    }

    /// A plan whose hashes are these nodes themselves.
    init(over nodes: [NodeCoordinate]) {
        self.init(groups: nodes.map { [$0] })
    }

    private init(groups: [[NodeCoordinate]]) {
        let nodes = groups.flatMap(\.self).sorted()
        var places: [NodeCoordinate: Int] = [:]
        for (place, node) in nodes.enumerated() { places[node] = place }
        self.nodes = nodes
        parts = groups.map { group in group.compactMap { places[$0] } }
    }

    /// Makes the proof's hashes.
    ///
    /// - Parameter nodeHashes: The hashes of ``nodes``, in their order.
    /// - Returns: The hashes of the proof, or `nil` if there are not as many hashes as ``nodes``.
    public func proofHashes(from nodeHashes: [Digest]) -> [Digest]? {
        guard nodeHashes.count == nodes.count else { return nil }
        return orderedHashes(from: nodeHashes)
    }

    func orderedHashes(from nodeHashes: [Digest]) -> [Digest] {
        precondition(nodeHashes.count == nodes.count, "one hash a node")
        return parts.compactMap { part in
            guard var hash = part.last.map({ nodeHashes[$0] }) else { return nil }
            for left in part.dropLast().reversed() {
                hash = TreeHash.node(nodeHashes[left], hash)
            }
            return hash
        }
    }

    /// The largest power of two below `count`, which is at least 2.
    static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
