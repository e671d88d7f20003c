import Cryptography
import Foundation
import Testing

@testable import Merkle

/// What `tile-paths.json` holds.
struct TileVectors: Decodable {
    struct Path: Decodable {
        let level: Int?
        let index, partial: Int
        let path: String
    }

    struct LeafPath: Decodable {
        let seq, size: Int
        let path: String
    }

    struct Parse: Decodable {
        let level, index: String
        let l, n, w: Int?
    }

    struct Place: Decodable {
        let treeLevel, treeIndex, tileLevel, tileIndex, nodeLevel, nodeIndex: Int
    }

    struct Tree: Decodable {
        struct Level: Decodable {
            let level, full, partialWidth: Int
        }

        let size: Int
        let tiles: [Level]
    }

    struct Growth: Decodable {
        let old, new, count: Int
    }

    let c2spTilePath, c2spEntriesPath: [Path]
    let entriesPathForLogIndex: [LeafPath]
    let parseOk, parseBad: [Parse]
    let nodeToTile: [Place]
    let tilesOfTree: [Tree]
    let newTilesHeight10: [Growth]
    let sumdbPaths: [[String: PathPart]]

    /// The paths of the older layout, of which only the text matters here.
    enum PathPart: Decodable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .number(try container.decode(Int.self))
            }
        }
    }

    static func load() throws -> Self {
        try Vectors.load("tile-paths.json")
    }
}

@Suite struct TilePathTests {
    @Test func buildsAndReadsThePublishedPaths() throws {
        let vectors = try TileVectors.load()
        #expect(vectors.c2spTilePath.count == 6)
        #expect(vectors.c2spEntriesPath.count == 4)
        for vector in vectors.c2spTilePath + vectors.c2spEntriesPath {
            let width = vector.partial == 0 ? 256 : vector.partial
            let tile = TileCoordinate(level: vector.level ?? 0, index: vector.index, width: width)
            let coordinate = try #require(tile)
            let path = vector.level == nil ? TilePath.entries(coordinate) : .tile(coordinate)
            #expect(path.description == vector.path)
            #expect(TilePath(vector.path) == path)
        }
        #expect(TilePath("checkpoint") == .checkpoint)
        #expect(TilePath.checkpoint.description == "checkpoint")
    }

    @Test func findsTheBundleOfALeafAsPublished() throws {
        let vectors = try TileVectors.load().entriesPathForLogIndex
        #expect(vectors.count == 7)
        for vector in vectors {
            let bundle = try #require(TileLayout(size: vector.size).bundle(of: vector.seq))
            #expect(TilePath.entries(bundle).description == vector.path)
        }
        #expect(TileLayout(size: 5).bundle(of: 5) == nil)
        #expect(TileLayout(size: 5).bundle(of: -1) == nil)
    }

    @Test func readsAndRefusesAsPublished() throws {
        let vectors = try TileVectors.load()
        #expect(vectors.parseOk.count == 4)
        for vector in vectors.parseOk {
            let path = try #require(TilePath("tile/\(vector.level)/\(vector.index)"))
            let width = vector.w == 0 ? 256 : try #require(vector.w)
            let tile = TileCoordinate(
                level: try #require(vector.l),
                index: try #require(vector.n),
                width: width
            )
            #expect(path == tile.map { .tile($0) })
        }
        #expect(vectors.parseBad.count == 15)
        for vector in vectors.parseBad {
            #expect(TilePath("tile/\(vector.level)/\(vector.index)") == nil, "\(vector)")
            #expect(TilePath("tile/entries/\(vector.index)") == nil || vector.index == "x001/002")
        }
        // The older layout of sum.golang.org has the tile's height in the path as well.
        for vector in vectors.sumdbPaths {
            guard case .text(let path)? = vector["path"] else { continue }
            let tile = TilePath(path)
            #expect(tile == nil || tile?.description == path)
        }
    }

    @Test(arguments: [
        "", "/", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000",
        "tile/00/000", "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/x000", "tile/0/000.p",
        "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/-1",
        "tile/0/000.p/1/", "tile/0/.p/1", "tile/0/x.p/1", "tile/0/000 ", "tile/0/000\n",
        "tile/+1/000", "tile/64/000", "tile/0/X001/001", "tile/Entries/000", "tile/entries",
        "tile/data/000", "checkpoint/", "Checkpoint", "tile/0/００１", "tile/0/000.p/1.p/1",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ])
    func refusesOtherPaths(text: String) {
        #expect(TilePath(text) == nil)
    }

    /// Every path that reads is the one that is written for what it names.
    @Test func everyOneByteChangeOfAPathIsRefusedOrNamesItself() {
        for path in ["tile/0/x001/x234/067.p/89", "tile/15/x455/667", "tile/entries/x001/000"] {
            for place in path.utf8.indices {
                for byte in UInt8(1)..<128 {
                    var bytes = Array(path.utf8)
                    bytes[path.utf8.distance(from: path.startIndex, to: place)] = byte
                    let text = String(decoding: bytes, as: UTF8.self)
                    if let read = TilePath(text) { #expect(read.description == text) }
                }
            }
        }
    }
}

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

@Suite struct TileCoordinateTests {
    @Test func answersEveryNumber() throws {
        let extremes = [Int.min, -1, 0, 1, 63, 64, 255, 256, 257, Int.max]
        for level in extremes {
            for index in extremes {
                for width in extremes {
                    let tile = TileCoordinate(level: level, index: index, width: width)
                    let isTile = (0...63).contains(level) && index >= 0 && 1...256 ~= width
                    #expect((tile != nil) == isTile)
                    #expect(tile?.hashRange == nil || index < Int.max)
                }
            }
        }
        let tile = try #require(TileCoordinate(level: 0, index: 2, width: 7))
        #expect(tile.hashRange == 512..<519)
    }
}

@Suite struct EntryBundleTests {
    struct Published: Decodable {
        struct Bundle: Decodable {
            let hex: String
            let entries: [String]?
            let entriesHex: [String]?
            let entriesUtf8: [String]?
            let desc: String?
        }

        let valid, invalid: [Bundle]
    }

    @Test func readsAndWritesThePublishedBundles() throws {
        let published = try Vectors.load("entry-bundles.json", as: Published.self)
        #expect(published.valid.count == 3)
        for vector in published.valid {
            let bytes = try Vectors.bytes(vector.hex)
            let entries =
                try vector.entriesHex?.map(Vectors.bytes)
                ?? (vector.entriesUtf8 ?? vector.entries ?? []).map { Array($0.utf8) }
            let bundle = try #require(EntryBundle(parsing: bytes))
            #expect(bundle.entries == entries)
            var written = EntryBundle()
            for entry in entries {
                let isAppended = written.append(entry.span)
                #expect(isAppended)
            }
            #expect(written == bundle)
            #expect(written.bytes == bytes)
        }
        #expect(published.invalid.count == 2)
        for vector in published.invalid {
            #expect(EntryBundle(parsing: try Vectors.bytes(vector.hex)) == nil)
        }
    }

    @Test func keepsItsLimits() throws {
        var bundle = EntryBundle()
        let longest = [UInt8](repeating: 7, count: 65_535)
        let tooLong = longest + [7]
        var isAppended = bundle.append(tooLong.span)
        #expect(!isAppended)
        isAppended = bundle.append(longest.span)
        #expect(isAppended)
        #expect(EntryBundle(parsing: bundle.bytes)?.entries == [longest])

        let empty: [UInt8] = []
        for count in 2...256 {
            isAppended = bundle.append(empty.span)
            #expect(isAppended && bundle.count == count)
        }
        isAppended = bundle.append(empty.span)
        #expect(!isAppended)
        #expect(EntryBundle(parsing: bundle.bytes)?.count == 256)
        #expect(EntryBundle(parsing: bundle.bytes + [0, 0]) == nil)
    }

    /// Every truncation of a bundle is refused or ends between two entries.
    @Test func refusesEveryTruncationInsideAnEntry() {
        let bytes: [UInt8] = [0, 3, 1, 2, 3, 0, 0, 0, 2, 4, 5]
        let ends = [0, 5, 7, 11]
        for count in 0...bytes.count {
            let isWhole = EntryBundle(parsing: Array(bytes[..<count])) != nil
            #expect(isWhole == ends.contains(count))
        }
    }
}
