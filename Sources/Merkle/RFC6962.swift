public import Cryptography

/// The hash functions of RFC 6962, section 2.1, with SHA-256.
///
/// A leaf's hash is SHA-256(0x00 ‖ entry), a node's SHA-256(0x01 ‖ left ‖ right): without the
/// prefixes a node could be passed off as an entry. The tree of *n* > 1 leaves splits after the
/// largest power of two below *n*.
public enum RFC6962 {
    /// The root of the tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = SHA256.digest(of: [])

    /// Returns the leaf hash of `entry`.
    @inlinable
    public static func leafHash(_ entry: Span<UInt8>) -> Digest {
        TreeHash.leaf(entry)
    }

    /// Returns the leaf hash of `entry`.
    @inlinable
    public static func leafHash(_ entry: [UInt8]) -> Digest {
        TreeHash.leaf(entry.span)
    }

    /// Returns the leaf hashes of two entries, in hardly more time than one takes.
    @inlinable
    public static func leafHashes(
        _ first: Span<UInt8>,
        _ second: Span<UInt8>
    ) -> (Digest, Digest) {
        TreeHash.leaves(first, second)
    }

    /// Appends the leaf hashes of the entries that lie at `ranges` of `bytes`, in that order.
    ///
    /// Allocates nothing where `hashes` has the capacity.
    @inlinable
    public static func leafHashes(
        in bytes: Span<UInt8>,
        ranges: Span<Range<Int>>,
        appendingTo hashes: inout [Digest]
    ) {
        hashes.reserveCapacity(hashes.count + ranges.count)
        leafHashes(in: bytes, count: ranges.count, rangeAt: { ranges[$0] }) { _, hash in
            hashes.append(hash)
        }
    }

    /// Hashes `count` entries that lie in `bytes`, two at a time, and allocates nothing.
    ///
    /// - Parameters:
    ///   - bytes: The arena that the entries lie in.
    ///   - count: How many entries there are.
    ///   - rangeAt: Where the entry of a number below `count` lies.
    ///   - body: Takes the number of an entry and its leaf hash, in ascending order.
    @inlinable
    public static func leafHashes(
        in bytes: Span<UInt8>,
        count: Int,
        rangeAt: (Int) -> Range<Int>,
        _ body: (Int, Digest) -> Void
    ) {
        var number = 0
        while number + 1 < count {
            let pair = TreeHash.leaves(
                bytes.extracting(rangeAt(number)),
                bytes.extracting(rangeAt(number + 1))
            )
            body(number, pair.0)
            body(number + 1, pair.1)
            number += 2
        }
        if number < count {
            body(number, TreeHash.leaf(bytes.extracting(rangeAt(number))))
        }
    }

    /// Returns the hash of the node over `left` and `right`.
    @inlinable
    public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
        TreeHash.node(left, right)
    }

    /// Replaces the pairs at the front of `level` by their nodes, `count` of them.
    ///
    /// - Parameters:
    ///   - level: What stands behind the nodes afterwards means nothing.
    ///   - count: At most half the number of digests in `level`.
    @inlinable
    public static func hashPairs(of level: inout [Digest], count: Int) {
        var span = level.mutableSpan
        TreeHash.replacePairs(count, of: &span)
    }

    /// Returns the root of the tree with these leaf hashes.
    public static func root(of leafHashes: Span<Digest>) -> Digest {
        var range = CompactRange()
        range.append(contentsOf: leafHashes)
        return range.root
    }

    /// Returns the root of the tree with these leaf hashes.
    public static func root(of leafHashes: [Digest]) -> Digest {
        root(of: leafHashes.span)
    }
}
