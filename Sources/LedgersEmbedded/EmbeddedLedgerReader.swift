public import Cryptography
public import Ledgers
public import Merkle
public import StreamsEmbedded

/// Reads an embedded ledger as it was published when the reader was made; takes no lock.
///
/// Its calls block.
public struct EmbeddedLedgerReader: Sendable {
    /// How far this reader sees.
    public let head: LedgerHead
    let files: LedgerFiles

    /// Opens the ledger in `folder`.
    ///
    /// - Throws: ``StorageError``.
    public init(_ folder: String) throws(StorageError) {
        try self.init(LedgerFiles(folder))
    }

    init(_ files: LedgerFiles) throws(StorageError) {
        self.files = files
        _ = try LedgerFiles.format.check(files.folder)
        head = try LedgerHead.read(files.head)
    }

    /// Visits the entries of `range`, in order, each by its index and its canonical bytes.
    ///
    /// - Parameters:
    ///   - range: Indices below the head's size; more than that is left out.
    ///   - visit: Returns whether to go on.
    /// - Throws: ``StorageError``, or what `visit` throws.
    public func entries(
        in range: Range<Int>,
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) throws(StorageError) -> Bool
    ) throws(StorageError) {
        let range = range.clamped(to: 0..<head.size)
        guard !range.isEmpty else { return }
        try frames(from: range.lowerBound) { (frame, payload, path) throws(StorageError) in
            guard frame.header.kind == LedgerFiles.Kind.entries.rawValue else { return true }
            guard let ranges = EntriesFrame.ranges(of: payload, count: frame.header.count) else {
                throw .damaged(
                    Damage(path: path, offset: frame.position, reason: "holds no entries")
                )
            }
            for (number, place) in ranges.enumerated() {
                let index = frame.header.base + number
                if index >= range.upperBound { return false }
                guard index >= range.lowerBound else { continue }
                if try !visit(index, payload.extracting(place)) { return false }
            }
            return frame.header.nextBase < range.upperBound
        }
    }

    /// The canonical bytes of the entry with this index, or `nil` if there is none.
    public func entry(_ index: Int) throws(StorageError) -> [UInt8]? {
        var bytes: [UInt8]?
        guard (0..<head.size).contains(index) else { return nil }
        try entries(in: index..<index + 1) { (_, entry) throws(StorageError) in
            bytes = [UInt8](entry)
            return false
        }
        return bytes
    }

    /// Visits every dead letter that the ledger has made, oldest first, with its number from 0.
    public func refused(
        _ visit: (_ number: Int, RefusedRecord) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try records { (record) throws(StorageError) in
            for (number, letter) in record.refused.enumerated()
            where try !visit(record.lettersBefore + number, letter) {
                return false
            }
            return true
        }
    }

    /// Visits every checkpoint that was signed, oldest first: the size it is for and the note.
    public func checkpoints(
        _ visit: (_ size: Int, _ note: [UInt8]) throws(StorageError) -> Bool
    ) throws(StorageError) {
        var last: [UInt8]?
        try records { (record) throws(StorageError) in
            if record.note == last { return true }
            last = record.note
            return try visit(record.tree.size, record.note)
        }
    }

    /// The hashes of the published tree, from its files.
    public var hashes: TiledHashes {
        TiledHashes(size: head.size) { level, range in
            try treeHashes(level: level, range: range)
        }
    }

    /// What the tree's files have at the places `range` of the list `level`; see ``TiledHashes``.
    ///
    /// - Returns: The hashes, fewer where the list ends before.
    /// - Throws: ``FileError``.
    public func treeHashes(level: Int, range: Range<Int>) throws(FileError) -> [Digest] {
        let path = TreeFiles.path(files.tree, level: level)
        var bytes: [UInt8] = []
        try File(path, .read).read(
            range.count * Digest.byteCount,
            at: range.lowerBound * Digest.byteCount,
            into: &bytes
        )
        let all = bytes.span
        return (0..<bytes.count / Digest.byteCount).compactMap { number in
            let start = number * Digest.byteCount
            return Digest(all.extracting(start..<start + Digest.byteCount))
        }
    }

    /// The identifiers and leaf hashes of the newest entries.
    func recentEvents(limit: Int) throws(StorageError) -> EventIDWindow {
        var window = EventIDWindow(limit: limit)
        try entries(in: max(0, head.size - limit)..<head.size) { (_, bytes) in
            if let id = EventIdentity.range(in: bytes) {
                window.insert(bytes.extracting(id), leaf: RFC6962.leafHash(bytes))
            }
            return true
        }
        return window
    }

    private func records(
        _ visit: (LedgerRecord) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try frames(from: 0) { (frame, payload, path) throws(StorageError) in
            guard frame.header.kind != LedgerFiles.Kind.entries.rawValue else { return true }
            guard let record = LedgerRecord([UInt8](payload)) else {
                throw .damaged(
                    Damage(path: path, offset: frame.position, reason: "holds no record")
                )
            }
            // A state repeats what the segment before has said.
            if frame.header.kind == LedgerFiles.Kind.state.rawValue, record.tree.size > 0 {
                return true
            }
            return try visit(record)
        }
    }

    /// Where in the segment `base` the frame list puts the entry `index`.
    ///
    /// The list is derived: where it is missing, behind, or wrong, the way is longer and begins at
    /// the segment's start.
    private func listedPosition(of index: Int, in base: Int) throws(StorageError) -> Int {
        guard index > 0, Folder.exists(files.frames) else { return 0 }
        let list = try FrameList(
            StorageError.wrap { () throws(FileError) in try File(files.frames, .read) }
        )
        guard let place = try list.find(index), place.segment == base else { return 0 }
        let file = try files.segments.open(base).file
        let header = try StorageError.wrap { () throws(FileError) -> FrameHeader? in
            var scanner = FrameScanner(file, from: place.position, upTo: try file.size)
            guard case .frame(let frame) = try scanner.nextHeader() else { return nil }
            return frame.header
        }
        guard let header, header.kind == LedgerFiles.Kind.entries.rawValue,
            (header.base..<header.nextBase).contains(index)
        else { return 0 }
        return place.position
    }

    /// Visits published frames, beginning with the one that holds the entry `index`.
    private func frames(
        from index: Int,
        _ visit: (FrameScanner.Frame, Span<UInt8>, String) throws(StorageError) -> Bool
    ) throws(StorageError) {
        let bases = try files.segments.bases().filter { $0 <= head.segment }
        guard var number = SegmentFolder.index(holding: index, in: bases) else {
            throw damage(0, 0, "the first segment is missing")
        }
        guard bases.last == head.segment else {
            throw damage(head.segment, 0, "the published segment is missing")
        }
        var start = try listedPosition(of: index, in: bases[number])
        var next = bases[number]
        while number < bases.count {
            let segment = try files.segments.open(bases[number])
            let size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
            let limit = bases[number] == head.segment ? head.position : size
            var scanner = FrameScanner(
                segment.file,
                from: start,
                upTo: limit,
                base: start == 0 ? next : nil
            )
            scan: while true {
                let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
                switch step {
                case .frame(let frame):
                    next = frame.header.nextBase
                    let goesOn = try scanner.withPayload { (payload) throws(StorageError) in
                        try visit(frame, payload, segment.path)
                    }
                    if !goesOn { return }
                case .end:
                    break scan
                case .broken(let reason):
                    throw .damaged(
                        Damage(path: segment.path, offset: scanner.position, reason: reason)
                    )
                }
            }
            number += 1
            start = 0
            let expected = number < bases.count ? bases[number] : head.size
            guard next == expected else {
                let reason = "goes on with entry \(next), what follows begins with \(expected)"
                throw damage(segment.base, limit, reason)
            }
        }
    }

    private func damage(_ base: Int, _ position: Int, _ reason: String) -> StorageError {
        .damaged(Damage(path: files.segments.path(of: base), offset: position, reason: reason))
    }
}
