/// The place of a perfect node in every tree that is large enough to have it.
///
/// The node (level *l*, index *i*) covers the leaves from *i* · 2^*l* up to, but not including,
/// (*i* + 1) · 2^*l*. Its children are (*l* − 1, 2*i*) and (*l* − 1, 2*i* + 1). Its hash never
/// changes once the tree has it.
public struct NodeCoordinate: Hashable, Sendable {
    /// The height above the leaves, which are level 0.
    public var level: Int
    /// The place among the nodes of the level, from the left.
    public var index: Int

    @inlinable
    public init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }

    /// Returns whether a tree of `size` leaves has all leaves of this node.
    ///
    /// Says no, and never traps, for any numbers that make no sense.
    public func isPerfect(in size: Int) -> Bool {
        guard level >= 0, level < Int.bitWidth - 1, index >= 0, size >= 0 else { return false }
        return index < size >> level
    }

    /// The shortest list of perfect nodes that covers exactly the leaves of `range`, from the left.
    ///
    /// - Parameter range: Places of leaves, not negative.
    /// - Returns: Perfect nodes; at most 124.
    /// - Complexity: O(log *n*).
    public static func covering(_ range: Range<Int>) -> [Self] {
        precondition(range.lowerBound >= 0, "leaves are counted from 0")
        var nodes: [Self] = []
        var place = range.lowerBound
        while place < range.upperBound {
            let level = largestLevel(at: place, within: range.upperBound - place)
            nodes.append(Self(level: level, index: place >> level))
            place += 1 << level
        }
        return nodes
    }

    /// How many nodes ``covering(_:)`` returns.
    static func coveringCount(_ range: Range<Int>) -> Int {
        guard !range.isEmpty else { return 0 }
        guard range.lowerBound > 0 else { return range.upperBound.nonzeroBitCount }
        let before = range.lowerBound - 1
        let height = Int.bitWidth - 1 - (before ^ range.upperBound).leadingZeroBitCount
        let mask = 1 << height - 1
        return (~before & mask).nonzeroBitCount + (range.upperBound & mask).nonzeroBitCount
    }

    /// The height of the largest perfect subtree that may begin at `place` and has at most `count`
    /// leaves.
    static func largestLevel(at place: Int, within count: Int) -> Int {
        let fitting = Int.bitWidth - 1 - count.leadingZeroBitCount
        return place == 0 ? fitting : min(fitting, place.trailingZeroBitCount)
    }
}

extension NodeCoordinate: Comparable {
    /// Level by level from the leaves up, and from the left in each.
    public static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.level, lhs.index) < (rhs.level, rhs.index)
    }
}
