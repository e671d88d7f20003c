import Cryptography
import Merkle

/// RFC 6962, section 2.1, as it is written there: recursive, and slow.
struct NaiveTree {
    let leaves: [Digest]

    init(_ leaves: [Digest]) {
        self.leaves = leaves
    }

    init(size: Int) {
        leaves = (0..<size).map { Digest.leaf($0) }
    }

    /// The largest power of two below `count`.
    static func split(_ count: Int) -> Int {
        var split = 1
        while split * 2 < count { split *= 2 }
        return split
    }

    /// MTH(D[range]).
    func root(_ range: Range<Int>) -> Digest {
        switch range.count {
        case 0: return SHA256.digest(of: [])
        case 1: return leaves[range.lowerBound]
        default:
            let middle = range.lowerBound + Self.split(range.count)
            return RFC6962.nodeHash(
                root(range.lowerBound..<middle),
                root(middle..<range.upperBound)
            )
        }
    }

    func root(size: Int) -> Digest {
        root(0..<size)
    }

    /// PATH(index, D[range]).
    func path(_ index: Int, _ range: Range<Int>) -> [Digest] {
        guard range.count > 1 else { return [] }
        let middle = range.lowerBound + Self.split(range.count)
        let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
        return index < middle
            ? path(index, left) + [root(right)]
            : path(index, right) + [root(left)]
    }

    /// SUBPROOF(old, D[range], known), where `old` is counted from the first leaf of all.
    func subproof(_ old: Int, _ range: Range<Int>, known: Bool) -> [Digest] {
        if old == range.upperBound { return known ? [] : [root(range)] }
        let middle = range.lowerBound + Self.split(range.count)
        let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
        return old <= middle
            ? subproof(old, left, known: known) + [root(right)]
            : subproof(old, right, known: false) + [root(left)]
    }
}
