import Cryptography
import Merkle
public import StreamsEmbedded

extension EmbeddedLedgerReader {
    /// Copies the ledger in `folder` up to its published head, while another process may be writing.
    ///
    /// The copy is durable when this returns, and is a ledger of its own, without an index; its format
    /// file is written last, so that a copy that was cut short is no ledger. Segments only ever grow,
    /// so that what a head covers does not change any more; one that has less than that is refused.
    /// Derived files that are missing or short are copied as far as they go: the copy's first writer
    /// makes them anew.
    ///
    /// - Parameters:
    ///   - folder: The ledger's.
    ///   - target: Made if it is missing; must hold no ledger.
    /// - Returns: The number of entries.
    /// - Throws: ``StorageError``; what was copied so far stays.
    @discardableResult
    public static func copy(_ folder: String, to target: String) throws(StorageError) -> Int {
        let format = FormatVersionFile.path(in: target)
        guard !Folder.exists(format) else {
            throw .file(FileError(.alreadyExists, operation: "create", path: format))
        }
        let (reader, record) = try published(folder)
        let copy = LedgerFiles(target)
        try StorageError.wrap { () throws(FileError) in
            for path in [target, copy.segments.path, copy.tree] { try Folder.create(path) }
        }
        try reader.copySegments(to: copy)
        try reader.copyDerived(to: copy)
        try StorageError.wrap { () throws(FileError) in
            for path in [copy.segments.path, copy.tree] { try Folder.sync(path) }
            try DoubleSlotFile.create(copy.head, record: record)
            try LedgerFiles.format.write(to: target)
        }
        return reader.head.size
    }

    /// The reader and the record of its head, which may change in between.
    private static func published(
        _ folder: String
    ) throws(StorageError) -> (EmbeddedLedgerReader, record: [UInt8]) {
        let path = LedgerFiles(folder).head
        while true {
            let before = try DoubleSlotFile.read(path).record
            let reader = try EmbeddedLedgerReader(folder)
            let after = try DoubleSlotFile.read(path).record
            if before == after { return (reader, after) }
        }
    }

    private func copySegments(to copy: LedgerFiles) throws(StorageError) {
        let bases = try files.segments.bases().filter { $0 <= head.segment }
        let joins = SegmentJoins(files)
        try joins.requireFirst(bases)
        guard bases.last == head.segment else {
            throw .damaged(
                Damage(
                    path: files.segments.path(of: head.segment),
                    offset: 0,
                    reason: "the published segment is missing"
                )
            )
        }
        for (base, next) in zip(bases, bases.dropFirst()) { try joins.require(base, upTo: next) }
        for base in bases {
            let file = try files.segments.open(base).file
            let size = try StorageError.wrap { () throws(FileError) in try file.size }
            let count = base == head.segment ? head.position : size
            try file.copy(count, to: copy.segments.path(of: base))
        }
    }

    private func copyDerived(to copy: LedgerFiles) throws(StorageError) {
        let layout = TileLayout(size: head.size)
        for level in 0..<layout.levelCount {
            try copyDerived(
                TreeFiles.path(files.tree, level: level),
                upTo: layout.hashCount(level: level) * Digest.byteCount,
                to: TreeFiles.path(copy.tree, level: level)
            )
        }
        try copyDerived(files.frames, upTo: .max, to: copy.frames)
    }

    private func copyDerived(
        _ path: String,
        upTo limit: Int,
        to target: String
    ) throws(StorageError) {
        guard Folder.exists(path) else { return }
        let file = try StorageError.wrap { () throws(FileError) in try File(path, .read) }
        let size = try StorageError.wrap { () throws(FileError) in try file.size }
        try file.copy(min(limit, size), to: target)
    }
}
