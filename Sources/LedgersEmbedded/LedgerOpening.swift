import Cryptography
import Ledgers
import Merkle
import StreamsEmbedded

/// Finds where a ledger stands and makes it ready to be written.
///
/// Whatever is not as it must be is found before a segment is touched; the derived files may have
/// been changed by then. Cuts what a crash has left behind the newest commit, never below the published head, and makes
/// the derived files agree with the newest segment again.
struct LedgerOpening {
    /// What was found.
    struct Result {
        var writer: SegmentWriter
        var record: LedgerRecord
        /// The mark of every producer.
        var marks: [[UInt8]: Int]
        var tree: TreeFiles
        var frames: FrameList
        var head: DoubleSlotFile
        /// What was cut, or nothing.
        var cut: RecoveryReport.Cut?
    }

    private let files: LedgerFiles
    private var record: LedgerRecord?
    private var marks: [[UInt8]: Int] = [:]
    private var tree: TreeFiles?
    private var frames: FrameList
    /// Entries that no commit has made part of the ledger yet.
    private var pending: (leaves: [Digest], place: FrameList.Place)?
    /// Where the last record ends, and whether anything but entries without a commit follows.
    private var end = 0

    private init(_ files: LedgerFiles) throws(StorageError) {
        self.files = files
        let list = try StorageError.wrap { () throws(FileError) in
            try File(files.frames, .updateOrCreate)
        }
        frames = try FrameList(list)
    }

    /// Opens the ledger in `files`.
    static func open(_ files: LedgerFiles) throws(StorageError) -> Result {
        _ = try LedgerFiles.format.check(files.folder)
        let published = try LedgerHead.read(files.head)
        let bases = try files.segments.bases()
        guard let base = bases.last, bases.contains(published.segment) else {
            let path = files.segments.path(of: published.segment)
            throw .damaged(
                Damage(path: path, offset: 0, reason: "the published segment is missing")
            )
        }
        return try LedgerOpening(files).read(base, bases, published)
    }

    /// Cuts everything that was never published, durably.
    static func cutToHead(_ files: LedgerFiles) throws(StorageError) {
        let published = try LedgerHead.read(files.head)
        for base in try files.segments.bases() where base > published.segment {
            try files.segments.remove(base)
        }
        let file = try files.segments.open(published.segment, .update).file
        try StorageError.wrap { () throws(FileError) in
            guard try file.size > published.position else { return }
            try file.truncate(to: published.position)
            try file.syncData()
        }
    }

    private consuming func read(
        _ base: Int,
        _ bases: [Int],
        _ published: LedgerHead
    ) throws(StorageError) -> Result {
        let segment = try files.segments.open(base, .update)
        var tail = try segment.inspect { (frame, payload) throws(StorageError) in
            try visit(frame, payload, segment)
        }
        guard let record, (base, end) >= (published.segment, published.position) else {
            throw .endsBelow(path: segment.path, end: end, required: published.position)
        }
        let tree: TreeFiles
        if let kept = self.tree, try areJoined(bases) {
            tree = kept
        } else {
            tree = try rebuildTree(bases)
        }
        guard tree.range == record.tree else {
            let reason = "the entries do not add up to the tree that was signed"
            throw .damaged(Damage(path: files.segments.path, offset: 0, reason: reason))
        }
        var cut: RecoveryReport.Cut?
        if tail.isTorn || pending != nil {
            cut = RecoveryReport.Cut(
                path: segment.path,
                from: end,
                to: tail.size,
                reason: tail.reason ?? "entries without their commit"
            )
            let end = end
            try StorageError.wrap { () throws(FileError) in
                try segment.file.truncate(to: end)
                try segment.file.syncData()
            }
            tail = try segment.inspect()
        }
        if tail.end > published.position || base > published.segment {
            // Whoever wrote it may have ended before it was durable; it is published next.
            try StorageError.wrap { () throws(FileError) in try segment.file.syncData() }
        }
        try tree.trim()
        return Result(
            writer: SegmentWriter(segment, in: files.segments, after: tail),
            record: record,
            marks: marks,
            tree: tree,
            frames: frames,
            head: try DoubleSlotFile(files.head),
            cut: cut
        )
    }

    private mutating func visit(
        _ frame: FrameScanner.Frame,
        _ payload: Span<UInt8>,
        _ segment: SegmentFile
    ) throws(StorageError) {
        func damage(_ reason: String) -> StorageError {
            .damaged(Damage(path: segment.path, offset: frame.position, reason: reason))
        }
        switch LedgerFiles.Kind(rawValue: frame.header.kind) {
        case .entries:
            let count = frame.header.count
            guard pending == nil, record != nil else { throw damage("entries out of their place") }
            guard let ranges = EntriesFrame.ranges(of: payload, count: count) else {
                throw damage("holds no entries")
            }
            pending = (
                EntriesFrame.leaves(of: payload, at: ranges),
                FrameList.Place(
                    index: frame.header.base,
                    segment: segment.base,
                    position: frame.position
                )
            )
        case .commit, .claim, .state:
            guard let next = LedgerRecord([UInt8](payload)) else { throw damage("holds no record") }
            try apply(next, damage)
            end = frame.end
        case nil:
            throw damage("a frame of an unknown kind")
        }
    }

    private mutating func apply(
        _ next: LedgerRecord,
        _ damage: (String) -> StorageError
    ) throws(StorageError) {
        if let record {
            var expected = record.tree
            if let pending { expected.append(contentsOf: pending.leaves) }
            guard next.tree == expected, next.from == record.to, next.epoch >= record.epoch,
                next.lettersBefore == record.letters
            else { throw damage("does not follow from what is before it") }
        } else {
            tree = try TreeFiles(files.tree, at: next.tree)
            try frames.cut(from: next.tree.size)
        }
        if let pending {
            try tree?.append(pending.leaves)
            try frames.append(pending.place)
        }
        pending = nil
        for mark in next.marks { marks[mark.producer] = mark.sequence }
        record = next
    }

    /// Whether every segment reaches the one behind it, by the list of frames; if not, the list may
    /// be wrong as well.
    private func areJoined(_ bases: [Int]) throws(StorageError) -> Bool {
        let joins = SegmentJoins(files)
        try joins.requireFirst(bases)
        for (base, next) in zip(bases, bases.dropFirst())
        where try !joins.isListed(base, upTo: next, in: frames) {
            return false
        }
        return true
    }

    /// Makes the lists of hashes and of frames anew, from all segments, which must be all there.
    ///
    /// What is right in them stays where it is, for those who read meanwhile.
    private mutating func rebuildTree(_ bases: [Int]) throws(StorageError) -> TreeFiles {
        let joins = SegmentJoins(files)
        try joins.requireFirst(bases)
        for (base, next) in zip(bases, bases.dropFirst()) { try joins.require(base, upTo: next) }
        try frames.cut(from: 0)
        guard var tree = try TreeFiles(files.tree, at: CompactRange()) else {
            throw .damaged(Damage(path: files.tree, offset: 0, reason: "cannot be made anew"))
        }
        for base in bases {
            let segment = try files.segments.open(base)
            // Entries of the newest one that no commit follows are not the ledger's.
            let end = base == bases.last ? end : .max
            var list = frames
            _ = try segment.inspect { (frame, payload) throws(StorageError) in
                guard frame.header.kind == LedgerFiles.Kind.entries.rawValue,
                    frame.position < end,
                    let ranges = EntriesFrame.ranges(of: payload, count: frame.header.count)
                else { return }
                try tree.append(EntriesFrame.leaves(of: payload, at: ranges))
                try list.append(
                    FrameList.Place(
                        index: frame.header.base,
                        segment: base,
                        position: frame.position
                    )
                )
            }
            frames = list
        }
        return tree
    }
}
