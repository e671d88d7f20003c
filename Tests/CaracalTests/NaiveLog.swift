import Cryptography

/// RFC 6962 by its definitions, over leaves that are all in memory: what the commands say is held
/// against it.
struct NaiveLog {
    let leaves: [[UInt8]]

    init(entries: [[UInt8]]) {
        leaves = entries.map { SHA256.digest(of: [0] + $0).bytes }
    }

    /// The hash of a tree over some of the leaves.
    func root(_ range: Range<Int>) -> [UInt8] {
        switch range.count {
        case 0: return SHA256.digest(of: []).bytes
        case 1: return leaves[range.lowerBound]
        default:
            let middle = range.lowerBound + Self.split(range.count)
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            return SHA256.digest(of: [1] + root(left) + root(right)).bytes
        }
    }

    /// `PATH(index, D[range])`.
    func path(of index: Int, in range: Range<Int>) -> [[UInt8]] {
        guard range.count > 1 else { return [] }
        let middle = range.lowerBound + Self.split(range.count)
        let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
        return index < middle
            ? path(of: index, in: left) + [root(right)] : path(of: index, in: right) + [root(left)]
    }

    /// `PROOF(size, D)`.
    func consistency(from size: Int) -> [[UInt8]] {
        subproof(size, 0..<leaves.count, isWhole: true)
    }

    private func subproof(_ size: Int, _ range: Range<Int>, isWhole: Bool) -> [[UInt8]] {
        if size == range.count { return isWhole ? [] : [root(range)] }
        let count = Self.split(range.count)
        let middle = range.lowerBound + count
        let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
        return size <= count
            ? subproof(size, left, isWhole: isWhole) + [root(right)]
            : subproof(size - count, right, isWhole: false) + [root(left)]
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}
