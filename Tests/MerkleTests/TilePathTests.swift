import Testing

@testable import Merkle

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
