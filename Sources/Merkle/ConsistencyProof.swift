public import Cryptography

/// The proof that a tree extends an older one: the old leaves are the first of the new
/// (RFC 9162, section 2.1.4).
///
/// Every tree extends the empty one, and there is nothing to prove. Two conventions are in use for
/// that case, and each has its function: ``isValid(oldRoot:newRoot:)`` refuses it as a question
/// that proves nothing, ``isValidOrFromEmpty(oldRoot:newRoot:)`` accepts the empty proof, as the
/// witness protocol does.
public struct ConsistencyProof: Hashable, Sendable {
    /// The number of leaves of the old tree.
    public let oldSize: Int
    /// The number of leaves of the new tree, not below `oldSize`.
    public let newSize: Int
    /// The hashes, in the order of RFC 9162.
    public let hashes: [Digest]

    /// Takes a proof from elsewhere, or returns `nil` if no proof has these numbers.
    ///
    /// - Parameters:
    ///   - oldSize: Any number.
    ///   - newSize: Any number.
    ///   - hashes: In the order of RFC 9162.
    public init?(oldSize: Int, newSize: Int, hashes: [Digest]) {
        guard Self.hashCount(oldSize: oldSize, newSize: newSize) == hashes.count else {
            return nil
        }
        self.oldSize = oldSize
        self.newSize = newSize
        self.hashes = hashes
    }

    /// Makes the proof that the tree of `newSize` leaves extends the one of `oldSize` leaves.
    ///
    /// From size 0, and from a size to itself, the proof is empty.
    ///
    /// - Parameters:
    ///   - oldSize: Not above `newSize`.
    ///   - newSize: The number of leaves, now or at any time before.
    ///   - source: Has the nodes of a tree that is at least as large; asked once.
    /// - Throws: ``ProofError`` for numbers without a proof, and what the source throws.
    public init(from oldSize: Int, to newSize: Int, source: some HashSource) throws {
        guard let plan = Self.plan(oldSize: oldSize, newSize: newSize) else {
            throw ProofError.sizesOutOfOrder(old: oldSize, new: newSize)
        }
        self.oldSize = oldSize
        self.newSize = newSize
        hashes = plan.orderedHashes(from: try source.checkedHashes(at: plan.nodes))
    }

    /// Returns what must be fetched for a proof, or `nil` if a tree does not grow so.
    public static func plan(oldSize: Int, newSize: Int) -> ProofPlan? {
        guard oldSize >= 0, oldSize <= newSize else { return nil }
        var parts: [Range<Int>] = []
        var subtree = 0..<newSize
        // Whether the verifier knows the subtree's root: while it is the whole old tree.
        var isKnown = true
        while oldSize > 0, subtree.upperBound != oldSize {
            let middle = subtree.lowerBound + ProofPlan.split(subtree.count)
            let (left, right) = (subtree.lowerBound..<middle, middle..<subtree.upperBound)
            parts.append(oldSize <= middle ? right : left)
            subtree = oldSize <= middle ? left : right
            if subtree.lowerBound == middle { isKnown = false }
        }
        if !isKnown { parts.append(subtree) }
        return ProofPlan(ranges: parts.reversed())
    }

    /// Returns how many hashes the proof has, or `nil` if a tree does not grow so.
    public static func hashCount(oldSize: Int, newSize: Int) -> Int? {
        guard oldSize >= 0, oldSize <= newSize else { return nil }
        guard oldSize > 0, oldSize < newSize else { return 0 }
        let (last, skipped) = (oldSize - 1, oldSize.trailingZeroBitCount)
        let inner = Int.bitWidth - (last ^ (newSize - 1)).leadingZeroBitCount - skipped
        let border = (last >> (inner + skipped)).nonzeroBitCount
        return inner + border + (oldSize.nonzeroBitCount == 1 ? 0 : 1)
    }

    /// Returns whether the tree with the new root extends the one with the old root.
    ///
    /// Refuses size 0 as the old one of a larger tree.
    public func isValid(oldRoot: Digest, newRoot: Digest) -> Bool {
        if oldSize == 0 {
            return newSize == 0 && oldRoot == RFC6962.emptyRoot && newRoot == oldRoot
        }
        guard oldSize < newSize else { return oldRoot == newRoot }
        return roots(oldRoot: oldRoot).map { $0 == (oldRoot, newRoot) } ?? false
    }

    /// Returns whether the tree with the new root extends the one with the old root, which may be
    /// the empty one: then the proof must be empty, and the new root can be any.
    public func isValidOrFromEmpty(oldRoot: Digest, newRoot: Digest) -> Bool {
        guard oldSize == 0, newSize > 0 else { return isValid(oldRoot: oldRoot, newRoot: newRoot) }
        return hashes.isEmpty && oldRoot == RFC6962.emptyRoot
    }

    /// The same for hashes and numbers from elsewhere: see ``isValid(oldRoot:newRoot:)``.
    ///
    /// Any numbers and any number of hashes are answered.
    public static func isValid(
        _ hashes: [Digest],
        oldSize: Int,
        oldRoot: Digest,
        newSize: Int,
        newRoot: Digest
    ) -> Bool {
        Self(oldSize: oldSize, newSize: newSize, hashes: hashes)?
            .isValid(oldRoot: oldRoot, newRoot: newRoot) ?? false
    }

    /// Both roots as they follow from the hashes; for 0 < `oldSize` < `newSize`.
    private func roots(oldRoot: Digest) -> (Digest, Digest)? {
        // A perfect old tree is a node of the new one: its root is known and not sent.
        var rest = hashes[...]
        let isPerfect = oldSize.nonzeroBitCount == 1
        guard let first = isPerfect ? oldRoot : rest.popFirst() else { return nil }

        let skipped = oldSize.trailingZeroBitCount
        var (place, last) = ((oldSize - 1) >> skipped, (newSize - 1) >> skipped)
        var (old, new) = (first, first)
        for hash in rest {
            guard last > 0 else { return nil }
            if place & 1 == 1 || place == last {
                old = TreeHash.node(hash, old)
                new = TreeHash.node(hash, new)
                while place & 1 == 0, place > 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = TreeHash.node(new, hash)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 ? (old, new) : nil
    }
}
