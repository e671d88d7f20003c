import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// Writes the tiles and entry bundles of a ledger, those that an older export has not or has otherwise.
///
/// Every hash is made of the entries: a tile is written only if the ledger's own tree has the same
/// hashes, and all of them together have to lead to the signed root. Holds one bundle at a time, and
/// one tile a level. Everything but the checkpoint, which the caller writes last.
struct TileExport {
    private let ledger: String
    private let source: any LedgerSource
    private let folder: TileFolder
    private let head: Checkpoint
    private let known: Checkpoint?
    private let layout: TileLayout
    private var range = CompactRange()
    /// The hashes of the tile that is being filled, for each level.
    private var levels: [[Digest]]
    private var tilesDone: [Int]
    private(set) var filesWritten = 0

    /// - Parameters:
    ///   - ledger: The ledger's folder or database, for messages.
    ///   - source: Reads it.
    ///   - folder: Where the files go.
    ///   - head: The ledger's newest checkpoint.
    ///   - known: The checkpoint that an older export has, of a size that is not above that of `head`.
    init(
        of ledger: String,
        _ source: any LedgerSource,
        to folder: TileFolder,
        head: Checkpoint,
        extending known: Checkpoint?
    ) {
        self.ledger = ledger
        self.source = source
        self.folder = folder
        self.head = head
        self.known = known
        layout = TileLayout(size: head.size)
        levels = Array(repeating: [], count: layout.levelCount)
        tilesDone = Array(repeating: 0, count: layout.levelCount)
    }

    /// Writes what is missing.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/badData`` if the ledger does not extend the older
    ///   export, with nothing changed, or if entries, tree and root do not agree.
    mutating func run() throws(CommandError) {
        if let known {
            let root = try readingLedger {
                try CompactRange(size: known.size, from: source.hashes).root
            }
            try checkExtends(known, root, "nothing was changed")
        }
        try writeBundles()
        for level in levels.indices where !levels[level].isEmpty { try finishTile(level) }
        guard range.size == head.size, range.root == head.root else {
            throw damage("the entries do not lead to the signed root")
        }
    }

    private func checkExtends(
        _ known: Checkpoint,
        _ root: Digest,
        _ rest: String
    ) throws(CommandError) {
        guard root != known.root else { return }
        throw CommandError(
            "\(folder.path): holds another log: the first \(known.size) entries of the ledger have "
                + "the root \(root.base64), exported was \(known.root.base64); \(rest)",
            exitCode: .badData
        )
    }

    private func damage(_ what: String) -> CommandError {
        CommandError(
            "\(ledger): \(what); no checkpoint was written; 'caracal verify' says more",
            exitCode: .badData
        )
    }

    private mutating func writeBundles() throws(CommandError) {
        var bundle = EntryBundle()
        var failure: CommandError?
        let size = head.size
        try source.visit(0..<size) { index, bytes in
            do throws(CommandError) {
                guard bundle.append(bytes) else {
                    throw damage("entry \(index) is too long for a bundle")
                }
                guard bundle.count == EntryBundle.countLimit || index == size - 1 else {
                    return true
                }
                try take(bundle)
                bundle = EntryBundle()
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    /// Takes the next entries: all of a bundle, and so of a tile.
    private mutating func take(_ bundle: EntryBundle) throws(CommandError) {
        var leaves: [Digest] = []
        let (bytes, ranges) = (bundle.bytes, bundle.ranges)
        RFC6962.leafHashes(in: bytes.span, ranges: ranges.span, appendingTo: &leaves)
        guard let tile = layout.bundle(of: range.size), tile.width == leaves.count else {
            throw damage("entries are missing")
        }
        try compare(leaves, with: tile)
        var rest = leaves[...]
        if let known, known.size > range.size, known.size <= range.size + leaves.count {
            let older = rest.prefix(known.size - range.size)
            append(older)
            try checkExtends(known, range.root, "its checkpoint stays")
            rest = rest.dropFirst(older.count)
        }
        append(rest)
        try write(bytes, as: .entries(tile))
        for level in levels.indices where levels[level].count == TileCoordinate.fullWidth {
            try finishTile(level)
        }
    }

    private mutating func append(_ leaves: ArraySlice<Digest>) {
        let leaves = Array(leaves)
        levels[0] += leaves
        var levels = levels
        range.append(contentsOf: leaves.span) { node, hash in
            guard node.level > 0, node.level.isMultiple(of: TileCoordinate.height) else { return }
            levels[node.level / TileCoordinate.height].append(hash)
        }
        self.levels = levels
    }

    /// Writes the next tile of a level.
    private mutating func finishTile(_ level: Int) throws(CommandError) {
        let hashes = levels[level]
        levels[level].removeAll(keepingCapacity: true)
        defer { tilesDone[level] += 1 }
        guard
            let tile = TileCoordinate(level: level, index: tilesDone[level], width: hashes.count)
        else { return }
        if level > 0 { try compare(hashes, with: tile) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * Digest.byteCount)
        for hash in hashes { hash.append(to: &bytes) }
        try write(bytes, as: .tile(tile))
    }

    /// Compares hashes that were made of the entries with those that the ledger keeps.
    private func compare(_ hashes: [Digest], with tile: TileCoordinate) throws(CommandError) {
        guard let range = tile.hashRange else { return }
        let kept = try readingLedger {
            try source.treeHashes(level: tile.level, range: range)
        }
        guard kept == hashes else {
            throw damage(
                "the tree does not have the hashes of the entries (\(TilePath.tile(tile)))"
            )
        }
    }

    private mutating func write(_ bytes: [UInt8], as file: TilePath) throws(CommandError) {
        let isThere = try reading { () throws(FileError) in try folder.holds(bytes, as: file) }
        guard !isThere else { return }
        try folder.write(bytes, as: file)
        filesWritten += 1
    }
}
