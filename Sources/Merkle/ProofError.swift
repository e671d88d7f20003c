/// Why a proof could not be made.
///
/// Nothing has been changed by trying.
public enum ProofError: Error, Hashable, Sendable {
    /// There is no leaf of this index in a tree of this size.
    case indexOutOfRange(Int, size: Int)
    /// A tree does not grow from the old size to the new one.
    case sizesOutOfOrder(old: Int, new: Int)
    /// The tree, as large as it is, has not this node.
    case noSuchNode(NodeCoordinate, size: Int)
    /// Whoever has the hashes returned another number of them.
    case wrongHashCount(Int, expected: Int)
}
