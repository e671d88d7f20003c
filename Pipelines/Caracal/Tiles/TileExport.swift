import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// Writes the tiles and entry bundles of a ledger, those that an older export does not have.
///
/// Holds one bundle at a time. Everything but the checkpoint, which the caller writes last.
struct TileExport {
    private let reader: EmbeddedLedgerReader
    private let folder: TileFolder
    private let oldSize: Int
    private let layout: TileLayout
    private(set) var filesWritten = 0

    init(_ reader: EmbeddedLedgerReader, to folder: TileFolder, since oldSize: Int) {
        self.reader = reader
        self.folder = folder
        self.oldSize = oldSize
        layout = TileLayout(size: reader.head.size)
    }

    mutating func run() throws(CommandError) {
        try writeTiles()
        try writeBundles()
    }

    private mutating func writeTiles() throws(CommandError) {
        for level in 0..<layout.levelCount {
            for tile in layout.tiles(level: level, since: oldSize) {
                guard let range = tile.hashRange else { continue }
                var bytes: [UInt8] = []
                let hashes: [Digest] = try readingLedger { try self.hashes(level, range) }
                for hash in hashes { hash.append(to: &bytes) }
                try folder.write(bytes, as: .tile(tile))
                filesWritten += 1
            }
        }
    }

    /// The hashes of a tile: perfect nodes of the tile's level.
    private func hashes(_ level: Int, _ range: Range<Int>) throws -> [Digest] {
        let nodes = range.map { index in
            NodeCoordinate(level: level * TileCoordinate.height, index: index)
        }
        return try reader.hashes.hashes(at: nodes)
    }

    private mutating func writeBundles() throws(CommandError) {
        let start = oldSize / EntryBundle.countLimit * EntryBundle.countLimit
        var bundle = EntryBundle()
        var failure: CommandError?
        let size = reader.head.size
        try storing { () throws(StorageError) in
            try reader.entries(in: start..<size) { index, bytes in
                guard bundle.append(bytes) else {
                    failure = CommandError(
                        "entry \(index) is too long for a bundle",
                        exitCode: .badData
                    )
                    return false
                }
                guard bundle.count == EntryBundle.countLimit || index == size - 1 else {
                    return true
                }
                do throws(CommandError) {
                    try write(bundle, upTo: index)
                } catch {
                    failure = error
                    return false
                }
                bundle = EntryBundle()
                return true
            }
        }
        if let failure { throw failure }
    }

    private mutating func write(_ bundle: EntryBundle, upTo last: Int) throws(CommandError) {
        guard let tile = layout.bundle(of: last), tile.width == bundle.count, last >= oldSize
        else { return }
        try folder.write(bundle.bytes, as: .entries(tile))
        filesWritten += 1
    }
}
