import Cryptography
public import Ledgers
import Merkle
public import Streams
public import StreamsEmbedded

/// A ledger in segment files: one writer, any number of readers in other processes.
///
/// A commit is one write of entries, one of a record, and one fdatasync for both; then the head is
/// published. The layout is at `LedgerFiles`. Holds partition 0, the only one of a folder. The
/// actor's work blocks, on a thread of its own.
public actor EmbeddedLedgerStore: LedgerStore {
    /// The size at which a new segment is begun, in bytes; a start reads the newest one.
    public static let defaultSegmentLimit = 64 << 20

    private let executor = BlockingExecutor(label: "caracal.ledger")
    private let files: LedgerFiles
    private let lock: FolderLock
    private let segmentLimit: Int
    /// The files, unless a write has failed: what is durable is then found by opening them again.
    private var opened: LedgerOpening.Result?
    /// Counts openings, so that a commit notices one that came in between.
    private var generation = 0
    /// Whether the newest entries wait for their signature, and so have no commit yet.
    private var isSealing = false
    /// Whether a sync has failed: then the system may show bytes that no disk has, so that only
    /// what was published is kept.
    private var isDistrusted = false
    private var isClosed = false
    /// Reused for every frame of entries, and for reading it back.
    private var payload: [UInt8] = []
    private var readBack: [UInt8] = []
    /// What the first opening has cut.
    public private(set) var cut: RecoveryReport.Cut?

    /// Where the ledger is.
    public nonisolated var folder: String { files.folder }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    private init(_ files: LedgerFiles, _ lock: FolderLock, segmentLimit: Int) {
        self.files = files
        self.lock = lock
        self.segmentLimit = segmentLimit
    }

    /// Makes an empty ledger in `folder`, durably, under the signed checkpoint of no entries.
    ///
    /// - Throws: ``StorageError``; `alreadyExists` if there is a ledger, with nothing changed.
    public static func create(_ folder: String, note: [UInt8]) async throws(StorageError) {
        let files = LedgerFiles(folder)
        try await BlockingExecutor(label: "caracal.ledger").perform { () throws(StorageError) in
            guard !Folder.exists(FormatVersionFile.path(in: folder)) else {
                throw .file(FileError(.alreadyExists, operation: "create", path: folder))
            }
            try StorageError.wrap { () throws(FileError) in
                try Folder.create(folder)
                try Folder.create(files.segments.path)
                try Folder.create(files.tree)
            }
            for base in try files.segments.bases() { try files.segments.remove(base) }
            let record = LedgerRecord(
                from: 0,
                to: 0,
                epoch: 0,
                tree: CompactRange(),
                note: note,
                lettersBefore: 0
            )
            let writer = try SegmentWriter(
                creating: 0,
                in: files.segments,
                first: record.bytes.span,
                kind: LedgerFiles.Kind.state.rawValue
            )
            let head = LedgerHead(segment: 0, position: writer.end, record: record)
            try StorageError.wrap { () throws(FileError) in
                try DoubleSlotFile.create(files.head, record: head.bytes)
                // Last, so that a folder with a format file is whole.
                try LedgerFiles.format.write(to: folder)
            }
        }
    }

    /// Opens the ledger in `folder` for writing.
    ///
    /// - Parameters:
    ///   - folder: Made by ``create(_:note:)``.
    ///   - segmentLimit: The size at which a segment ends, in bytes.
    /// - Returns: The store, which holds the folder's lock until it is let go.
    /// - Throws: ``StorageError``: `held` with the other writer's process, `damaged`, `endsBelow`,
    ///   `newerVersion`, with the record (segments and head) unchanged; what is derived from it may
    ///   have been made anew. Where the file system refuses, an unfinished tail may be cut already.
    public static func open(
        _ folder: String,
        segmentLimit: Int = defaultSegmentLimit
    ) async throws(StorageError) -> EmbeddedLedgerStore {
        let files = LedgerFiles(folder)
        let lock = try await BlockingExecutor(label: "caracal.lock").perform {
            () throws(StorageError) in
            _ = try LedgerFiles.format.check(folder)
            return try FolderLock(folder: folder, role: "run")
        }
        let store = EmbeddedLedgerStore(files, lock, segmentLimit: segmentLimit)
        try await store.reopen()
        return store
    }

    private func reopen() throws(StorageError) {
        opened = nil
        generation += 1
        isSealing = false
        if isDistrusted { try LedgerOpening.cutToHead(files) }
        isDistrusted = false
        let result = try LedgerOpening.open(files)
        if generation == 1 { cut = result.cut }
        opened = result
        try publish()
    }

    /// The files, opened again if a write has failed.
    ///
    /// - Parameter drops: Whether entries that wait for their signature are given up, since
    ///   something else is to be written.
    /// - Throws: ``LedgerError``; nothing was changed.
    private func recover(dropping drops: Bool = false) throws(LedgerError) {
        guard !isClosed else { throw .unavailable(reason: "the ledger is closed") }
        if drops, isSealing { opened = nil }
        guard opened == nil else { return }
        do throws(StorageError) {
            try reopen()
        } catch {
            throw LedgerError(error)
        }
    }

    public func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try check(partition)
        try recover(dropping: true)
        try changing { () throws(StorageError) in
            guard var opened = self.opened else { return }
            self.opened = nil
            var record = opened.record
            record.from = record.to
            record.epoch += 1
            record.lettersBefore = record.letters
            (record.marks, record.refused, record.duplicates) = ([], [], 0)
            try opened.writer.append(
                record.bytes.span,
                kind: LedgerFiles.Kind.claim.rawValue,
                count: 0
            )
            try sync(&opened.writer)
            opened.record = record
            self.opened = opened
            try publish()
        }
        guard let opened else { throw .unavailable(reason: "the ledger is closed") }
        return LedgerClaim(
            cursor: Cursor(nextOffset: opened.record.to, epoch: opened.record.epoch),
            tree: opened.record.tree,
            note: opened.record.note,
            marks: opened.marks
        )
    }

    public func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try check(partition)
        try recover()
        guard let record = opened?.record else { throw .unavailable(reason: "closed") }
        return Cursor(nextOffset: record.to, epoch: record.epoch)
    }

    public func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        try check(batch.offsets.partition)
        try recover(dropping: true)
        try checkCursor(batch)
        if isFull { try changing { () throws(StorageError) in try roll() } }
        var note: [UInt8]?
        if batch.count > 0 {
            let leaves = try writeEntries(batch)
            note = try await sealed(batch, leaves, seal)
            try changing { () throws(StorageError) in try derive(batch, leaves) }
        }
        try changing { () throws(StorageError) in try finish(batch, note) }
        do throws(StorageError) {
            try publish()
        } catch {
            // It is durable, and the next opening publishes it.
            opened = nil
            throw .inDoubt(reason: error.description)
        }
    }

    /// Has the batch signed; meanwhile others may claim the partition, and then it is given up.
    private func sealed(
        _ batch: LedgerBatch,
        _ leaves: [Digest],
        _ seal: LedgerSeal
    ) async throws(LedgerError) -> [UInt8] {
        let generation = generation
        isSealing = true
        let note: [UInt8]
        do throws(LedgerError) {
            note = try await seal(leaves)
        } catch {
            // The entries are there without their commit: the next opening cuts them.
            if self.generation == generation { (opened, isSealing) = (nil, false) }
            throw error
        }
        guard self.generation == generation, opened != nil else {
            try recover()
            try checkCursor(batch)
            throw .unavailable(reason: "the ledger was opened again while a batch was signed")
        }
        isSealing = false
        return note
    }

    /// Whether the next batch begins a new segment, which needs a name of its own.
    private var isFull: Bool {
        guard let writer = opened?.writer else { return false }
        return writer.end >= segmentLimit && writer.nextBase > writer.segment.base
    }

    /// Makes durable what was written; if that fails, none of it is trusted any more.
    private func sync(_ writer: inout SegmentWriter) throws(StorageError) {
        do throws(StorageError) {
            try writer.sync()
        } catch {
            isDistrusted = true
            throw error
        }
    }

    /// Writes the entries, reads them back and hashes what was read.
    private func writeEntries(_ batch: LedgerBatch) throws(LedgerError) -> [Digest] {
        var leaves: [Digest] = []
        try changing { () throws(StorageError) in
            payload.removeAll(keepingCapacity: true)
            readBack.removeAll(keepingCapacity: true)
            EntriesFrame.encode(batch.parts, into: &payload)
            let payload = payload
            guard
                let position = try opened?.writer.append(
                    payload.span,
                    kind: LedgerFiles.Kind.entries.rawValue,
                    count: batch.count
                ), let file = opened?.writer.segment.file
            else { throw .closed(path: files.folder) }
            try StorageError.wrap { () throws(FileError) in
                _ = try file.read(
                    payload.count,
                    at: position + FrameHeader.byteCount,
                    into: &readBack
                )
            }
            let bytes = readBack
            guard let ranges = EntriesFrame.ranges(of: bytes.span, count: batch.count) else {
                throw .damaged(
                    Damage(
                        path: file.path,
                        offset: position,
                        reason: "entries read back are not those that were written"
                    )
                )
            }
            leaves = EntriesFrame.leaves(of: bytes.span, at: ranges)
            place = FrameList.Place(
                index: batch.firstIndex,
                segment: opened?.writer.segment.base ?? 0,
                position: position
            )
        }
        return leaves
    }

    /// Where the entries of the batch at hand lie.
    private var place = FrameList.Place(index: 0, segment: 0, position: 0)

    private func derive(_ batch: LedgerBatch, _ leaves: [Digest]) throws(StorageError) {
        try opened?.tree.append(leaves)
        try opened?.frames.append(place)
    }

    /// Writes the record, and makes all of it durable.
    private func finish(_ batch: LedgerBatch, _ note: [UInt8]?) throws(StorageError) {
        guard var opened else { throw .closed(path: files.folder) }
        self.opened = nil
        let before = opened.record
        let record = LedgerRecord(
            from: batch.offsets.lower,
            to: batch.offsets.upper,
            epoch: batch.epoch,
            tree: batch.after,
            note: note ?? before.note,
            lettersBefore: before.letters,
            duplicates: batch.duplicates,
            marks: batch.marks,
            refused: batch.refused
        )
        try opened.writer.append(
            record.bytes.span,
            kind: LedgerFiles.Kind.commit.rawValue,
            count: 0
        )
        try sync(&opened.writer)
        for mark in batch.marks { opened.marks[mark.producer] = mark.sequence }
        opened.record = record
        self.opened = opened
    }

    /// Begins a new segment, which says all that a start needs to know.
    private func roll() throws(StorageError) {
        guard var opened else { return }
        self.opened = nil
        try opened.tree.sync()
        try opened.frames.sync()
        var state = opened.record
        state.from = state.to
        state.lettersBefore = state.letters
        (state.refused, state.duplicates) = ([], 0)
        state.marks = opened.marks.map { ProducerMark(producer: $0.key, sequence: $0.value) }
            .sorted { $0.producer.lexicographicallyPrecedes($1.producer) }
        let bytes = state.bytes
        do throws(StorageError) {
            try opened.writer.roll(bytes.span, kind: LedgerFiles.Kind.state.rawValue)
        } catch {
            isDistrusted = true
            throw error
        }
        opened.record = state
        self.opened = opened
        try publish()
    }

    /// Lets readers see all that is durable: both slots, so that damage to one loses nothing.
    private func publish() throws(StorageError) {
        guard let opened else { return }
        let head = LedgerHead(
            segment: opened.writer.segment.base,
            position: opened.writer.end,
            record: opened.record
        )
        let bytes = head.bytes
        try StorageError.wrap { () throws(FileError) in
            try self.opened?.head.write(bytes, isDurable: false)
            try self.opened?.head.write(bytes, isDurable: false)
        }
    }

    public func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try check(partition)
        do throws(StorageError) {
            return try EmbeddedLedgerReader(files).recentEvents(limit: limit)
        } catch {
            throw LedgerError(error)
        }
    }

    /// Lets go of the folder; what was committed is durable.
    public func close() {
        isClosed = true
        opened?.writer.giveBack()
        opened = nil
        generation += 1
        lock.release()
    }

    private func check(_ partition: Int) throws(LedgerError) {
        guard partition == 0 else {
            throw .unusable(reason: "a folder holds partition 0 only, not \(partition)")
        }
    }

    private func checkCursor(_ batch: LedgerBatch) throws(LedgerError) {
        guard let record = opened?.record else { throw .unavailable(reason: "closed") }
        let current = Cursor(nextOffset: record.to, epoch: record.epoch)
        guard current == Cursor(nextOffset: batch.offsets.lower, epoch: batch.epoch) else {
            throw .fenced(current: current)
        }
    }

    /// Runs `body`; if it throws, the files are opened again before anything else is done.
    private func changing(_ body: () throws(StorageError) -> Void) throws(LedgerError) {
        do throws(StorageError) {
            try body()
        } catch {
            opened = nil
            throw LedgerError(error)
        }
    }
}
