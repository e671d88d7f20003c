import Cryptography
import StreamsTesting
import Testing

@testable import Merkle

@Suite struct CompactRangeTests {
    private let naive = NaiveTree(size: 1_100)

    @Test func hasTheRootOfTheNaiveTreeAtEverySize() {
        var range = CompactRange()
        #expect(range.root == RFC6962.emptyRoot)
        for (count, leaf) in naive.leaves[..<300].enumerated() {
            range.append(leaf)
            #expect(range.size == count + 1)
            #expect(range.root == naive.root(size: count + 1))
            #expect(range.hashes.count == range.size.nonzeroBitCount)
        }
    }

    /// However the leaves are cut, the tree is the same one, and every node is reported once.
    @Test(arguments: UInt64(0)..<40)
    func dependsOnTheLeavesAndNotOnTheCuts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var range = CompactRange()
        var nodes: [NodeCoordinate: Digest] = [:]
        while range.size < naive.leaves.count {
            let largest = Bool.random(using: &random) ? 5 : 700
            let count = min(
                Int.random(in: 0...largest, using: &random),
                naive.leaves.count - range.size
            )
            let leaves = Array(naive.leaves[range.size..<range.size + count])
            range.append(contentsOf: leaves.span) { node, hash in
                #expect(nodes.updateValue(hash, forKey: node) == nil)
            }
            #expect(range.root == naive.root(size: range.size))
        }
        var expected: [NodeCoordinate: Digest] = [:]
        for level in 1..<11 {
            for index in 0..<naive.leaves.count >> level {
                let node = NodeCoordinate(level: level, index: index)
                expected[node] = naive.root(index << level..<(index + 1) << level)
            }
        }
        #expect(nodes == expected)
    }

    @Test func isTakenUpFromItsSizeAndHashes() {
        var whole = CompactRange()
        for count in 0..<70 {
            let again = CompactRange(size: whole.size, hashes: whole.hashes)
            #expect(again == whole)
            #expect(CompactRange(size: count, hashes: whole.hashes + [.leaf(0)]) == nil)
            if count > 0 {
                #expect(CompactRange(size: count, hashes: whole.hashes.dropLast()) == nil)
            }
            whole.append(.leaf(count))
        }
        #expect(CompactRange(size: -1, hashes: []) == nil)
        #expect(CompactRange(size: .min, hashes: [.leaf(0)]) == nil)
        let largest = CompactRange(size: .max, hashes: (0..<63).map { .leaf($0) })
        #expect(largest?.size == .max)
        #expect(largest?.root != nil)
    }

    /// Workers that hash neighbouring intervals come to the tree that one alone comes to.
    @Test(arguments: UInt64(0)..<40)
    func joinsIntervalsThatWereHashedApart(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var cuts = (0..<5).map { _ in Int.random(in: 0...naive.leaves.count, using: &random) }
        cuts = [0] + cuts.sorted() + [naive.leaves.count]
        let intervals = zip(cuts, cuts.dropFirst()).map { from, to in
            var interval = CompactInterval(startingAt: from)
            interval.append(contentsOf: naive.leaves.span.extracting(from..<to))
            return interval
        }
        var range = CompactRange()
        for interval in intervals { range.append(interval) }
        #expect(range.root == naive.root(size: naive.leaves.count))

        var right = intervals[4]
        right.append(intervals[5])
        var left = intervals[2]
        left.append(intervals[3])
        left.append(right)
        #expect(left.range == cuts[2]..<naive.leaves.count)
        #expect(left.hashes.count == NodeCoordinate.covering(left.range).count)
        for (node, hash) in zip(NodeCoordinate.covering(left.range), left.hashes) {
            #expect(hash == naive.root(node.index << node.level..<(node.index + 1) << node.level))
        }
    }
}
