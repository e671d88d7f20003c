public import Cryptography

/// Who has the hashes of a tree's perfect nodes: a store, or a list in memory.
///
/// Proofs ask once, for all nodes that they need. Whoever cannot answer without waiting asks the
/// ``ProofPlan`` for its nodes, fetches them, and hands them back to it.
public protocol HashSource {
    /// Returns the hashes of these nodes, in the same order.
    ///
    /// - Parameter coordinates: Perfect nodes, ascending and each once.
    /// - Returns: As many hashes as there are coordinates.
    /// - Throws: What the store fails with; ``ProofError`` where the tree lacks a node.
    func hashes(at coordinates: [NodeCoordinate]) throws -> [Digest]
}

extension HashSource {
    /// Asks for the hashes, and holds the source to their number.
    func checkedHashes(at coordinates: [NodeCoordinate]) throws -> [Digest] {
        guard !coordinates.isEmpty else { return [] }
        let hashes = try hashes(at: coordinates)
        guard hashes.count == coordinates.count else {
            throw ProofError.wrongHashCount(hashes.count, expected: coordinates.count)
        }
        return hashes
    }
}

extension CompactRange {
    /// Takes up the tree of `size` leaves from its perfect nodes.
    ///
    /// - Parameters:
    ///   - size: The number of leaves, now or at any time before.
    ///   - source: Has the nodes of a tree that is at least as large.
    /// - Throws: ``ProofError/sizesOutOfOrder(old:new:)`` for a negative size, and what the
    ///   source throws.
    public init(size: Int, from source: some HashSource) throws {
        guard size >= 0 else { throw ProofError.sizesOutOfOrder(old: 0, new: size) }
        let plan = ProofPlan(over: NodeCoordinate.covering(0..<size))
        let hashes = plan.orderedHashes(from: try source.checkedHashes(at: plan.nodes))
        guard let range = Self(size: size, hashes: hashes) else {
            throw ProofError.wrongHashCount(hashes.count, expected: size.nonzeroBitCount)
        }
        self = range
    }
}
