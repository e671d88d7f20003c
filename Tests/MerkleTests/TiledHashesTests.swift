import Cryptography
import Testing

@testable import Merkle

@Suite struct TiledHashesTests {
    @Test func findsNodesWhereTheyArePublished() throws {
        let places = try TileVectors.load().nodeToTile
        #expect(places.count == 5)
        for place in places {
            let node = NodeCoordinate(level: place.treeLevel, index: place.treeIndex)
            let found = TiledHashes.Place(of: node)
            let first = (place.nodeIndex << place.nodeLevel) + place.tileIndex * 256
            #expect(found.level == place.tileLevel)
            #expect(found.range == first..<first + 1 << place.nodeLevel)
        }
    }

    /// Every perfect node of a tree with three levels of tiles, against the reports of a compact
    /// range, whose own test has the definition as oracle.
    @Test func hasEveryPerfectNode() throws {
        let size = 66_000
        let leaves = (0..<size).map { Digest.leaf($0) }
        var nodes: [NodeCoordinate: Digest] = [:]
        var range = CompactRange()
        range.append(contentsOf: leaves.span) { nodes[$0] = $1 }
        var lists = HashLists()
        for start in stride(from: 0, to: size, by: 1_000) {
            lists.append(contentsOf: Array(leaves[start..<min(start + 1_000, size)]))
        }
        #expect(lists.lists.map(\.count) == [66_000, 257, 1])
        #expect(lists.range == range)
        let coordinates = nodes.keys.sorted()
        #expect(try lists.hashes(at: coordinates) == coordinates.map { nodes[$0] })
        for older in [0, 1, 255, 256, 257, 4_096, 65_535, 65_536, size] {
            let taken = try CompactRange(size: older, from: lists)
            #expect(taken.root == RFC6962.root(of: Array(leaves[..<older])))
        }
        #expect(throws: ProofError.noSuchNode(NodeCoordinate(level: 0, index: 66_000), size: size))
        {
            try lists.hashes(at: [NodeCoordinate(level: 0, index: 66_000)])
        }
        #expect(throws: ProofError.sizesOutOfOrder(old: 0, new: -1)) {
            try CompactRange(size: -1, from: lists)
        }
    }
}
