import Testing

@testable import Merkle

@Suite struct TileLayoutTests {
    @Test func hasTheTilesThatArePublished() throws {
        let trees = try TileVectors.load().tilesOfTree
        #expect(trees.count == 10)
        for tree in trees {
            let layout = TileLayout(size: tree.size)
            #expect(layout.levelCount == tree.tiles.count)
            for tile in tree.tiles {
                #expect(layout.fullTileCount(level: tile.level) == tile.full)
                #expect(layout.partialWidth(level: tile.level) == tile.partialWidth)
            }
            #expect(layout.hashCount(level: layout.levelCount) == 0)
        }
    }

    /// The tiles since an old size are those of the new one, less those of the old one.
    @Test func hasTheTilesThatAreNew() {
        let sizes = [0, 1, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 70_000]
        for new in sizes {
            let layout = TileLayout(size: new)
            for level in 0...3 {
                let all = Array(layout.tiles(level: level))
                #expect(all.count { $0.isFull } == layout.fullTileCount(level: level))
                #expect(all.reduce(0) { $0 + $1.width } == layout.hashCount(level: level))
                for old in sizes {
                    let known = Set(TileLayout(size: old).tiles(level: level))
                    let since = Array(layout.tiles(level: level, since: old))
                    #expect(since == (old > new ? [] : all.filter { !known.contains($0) }))
                }
            }
        }
        #expect(TileLayout(size: 0).levelCount == 0)
        #expect(TileLayout(size: .max).levelCount == 8)
        #expect(TileLayout(size: .max).tiles(level: 7).map(\.width) == [127])
    }

    /// The published counts are for tiles of 2^10 hashes and count every level.
    @Test func countsNewTilesAsPublished() throws {
        let growths = try TileVectors.load().newTilesHeight10
        #expect(growths.count == 7)
        for growth in growths {
            var count = 0
            var (old, new) = (growth.old, growth.new)
            while new > 0 {
                count += TileLayout.changed(from: old, to: new, width: 1_024).count
                (old, new) = (old >> 10, new >> 10)
            }
            #expect(count == growth.count, "\(growth)")
        }
    }
}
