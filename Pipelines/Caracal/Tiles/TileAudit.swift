import Cryptography
import Merkle
import StreamsEmbedded

/// Checks every tile and entry bundle of a tree against each other and against its root.
///
/// Streams: it keeps the right edge of the tree, and one tile a level.
struct TileAudit {
    /// A file that is not what it should be.
    struct Problem: Equatable {
        let file: String
        let what: String
    }

    private let folder: TileFolder
    private let layout: TileLayout
    private var range = CompactRange()
    /// The hashes of the tile that is being filled, for each level.
    private var levels: [[Digest]]
    private var tilesDone: [Int]
    private(set) var problems: [Problem] = []

    /// Stops after this many problems: one is enough to say no, and more of the same help nobody.
    private static let problemsMax = 20

    init(_ folder: TileFolder, size: Int) {
        self.folder = folder
        layout = TileLayout(size: size)
        levels = Array(repeating: [], count: layout.levelCount)
        tilesDone = Array(repeating: 0, count: layout.levelCount)
    }

    /// Reads everything, and returns the root that the entries have.
    ///
    /// - Returns: `nil` if an entry could not be read; ``problems`` says which.
    /// - Throws: ``FileError`` if a file that is there cannot be read.
    mutating func run() throws(FileError) -> Digest? {
        for tile in layout.tiles(level: 0) {
            guard problems.count < Self.problemsMax else { return nil }
            guard let leaves = try leaves(of: tile) else { continue }
            var finished = leaves.map { (level: 0, hash: $0) }
            range.append(contentsOf: leaves.span) { node, hash in
                if node.level > 0, node.level.isMultiple(of: TileCoordinate.height) {
                    finished.append((node.level / TileCoordinate.height, hash))
                }
            }
            for (level, hash) in finished {
                levels[level].append(hash)
                if levels[level].count == TileCoordinate.fullWidth { try compare(level) }
            }
        }
        for level in levels.indices where !levels[level].isEmpty { try compare(level) }
        return range.size == layout.size ? range.root : nil
    }

    private mutating func leaves(of tile: TileCoordinate) throws(FileError) -> [Digest]? {
        let path = TilePath.entries(tile)
        guard let bytes = try folder.contents(of: path) else {
            report(path, "is missing")
            return nil
        }
        guard let bundle = EntryBundle(parsing: bytes), bundle.count >= tile.width else {
            report(path, "is no bundle of \(tile.width) entries")
            return nil
        }
        return bundle.ranges.prefix(tile.width).map { entry in
            RFC6962.leafHash(bundle.bytes.span.extracting(entry))
        }
    }

    /// Compares the hashes of a level with its next tile.
    private mutating func compare(_ level: Int) throws(FileError) {
        let hashes = levels[level]
        levels[level].removeAll(keepingCapacity: true)
        defer { tilesDone[level] += 1 }
        guard
            let tile = TileCoordinate(level: level, index: tilesDone[level], width: hashes.count)
        else { return }
        let path = TilePath.tile(tile)
        guard let bytes = try folder.contents(of: path) else {
            return report(path, "is missing")
        }
        var expected: [UInt8] = []
        expected.reserveCapacity(hashes.count * Digest.byteCount)
        for hash in hashes { hash.append(to: &expected) }
        // A full tile in the place of a partial one has more.
        if !bytes.starts(with: expected) || (tile.isFull && bytes.count != expected.count) {
            report(path, "does not hold the hashes of the entries below it")
        }
    }

    private mutating func report(_ path: TilePath, _ what: String) {
        problems.append(Problem(file: "\(path)", what: what))
    }
}
