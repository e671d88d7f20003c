import Cryptography
import Merkle
import Testing

@testable import LedgersPostgres

@Suite struct TileFrontierTests {
    private func leaf(_ number: Int) -> Digest {
        RFC6962.leafHash(Array("\(number)".utf8))
    }

    /// However the leaves come, the full tiles and the edge are the lists of the tree, cut.
    @Test(arguments: [[1, 255, 1, 256, 300], [70_000, 1, 65_535, 3], [513], [255, 1], [256]])
    func isTheTreesEdgeWhateverTheBatches(sizes: [Int]) throws {
        var frontier = TileFrontier()
        var lists = HashLists()
        var tiles: [Int: [[UInt8]]] = [:]
        for size in sizes {
            let leaves = (lists.size..<lists.size + size).map(leaf)
            lists.append(contentsOf: leaves)
            for tile in frontier.append(leaves) {
                #expect(tile.index == tiles[tile.level, default: []].count)
                tiles[tile.level, default: []].append(tile.hashes)
            }
            #expect(frontier.range == lists.range)
            for (level, list) in lists.lists.enumerated() {
                let full = tiles[level, default: []]
                #expect(full.count == list.count / 256)
                #expect(full.flatMap { [Digest]($0.span) } == Array(list.prefix(full.count * 256)))
                #expect(frontier.partial[level] == Array(list.dropFirst(full.count * 256)))
            }
            #expect(TileFrontier(frontier.range, partial: frontier.bytes) == frontier)
        }
    }

    @Test func takesNoOtherTreesEdge() {
        var frontier = TileFrontier()
        _ = frontier.append((0..<700).map(leaf))
        let bytes = frontier.bytes
        #expect(bytes.count == (700 % 256 + 2) * 32)
        for index in stride(from: 0, to: bytes.count, by: 97) {
            var wrong = bytes
            wrong[index] ^= 1
            #expect(TileFrontier(frontier.range, partial: wrong) == nil, "\(index)")
        }
        #expect(TileFrontier(frontier.range, partial: bytes.dropLast(32)) == nil)
        #expect(TileFrontier(frontier.range, partial: bytes + bytes.prefix(32)) == nil)
        #expect(TileFrontier(frontier.range, partial: []) == nil)
        #expect(TileFrontier(CompactRange(), partial: []) == TileFrontier())
    }
}

extension TileFrontier {
    fileprivate init?(_ range: CompactRange, partial: ArraySlice<UInt8>) {
        self.init(range, partial: Array(partial))
    }
}
