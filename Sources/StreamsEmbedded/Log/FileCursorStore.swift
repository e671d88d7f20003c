public import Streams

/// Cursors in files, one a partition, durable when a method returns.
///
/// The file `<partition>.cursor` is a ``DoubleSlotFile`` whose record is two UInt64, little-endian:
/// the next offset and the epoch, in both slots: damage to one never takes a cursor back. One process
/// has the folder, by its lock `cursors.lock`.
public actor FileCursorStore: CursorStore {
    /// Where the cursors are.
    public nonisolated let folder: String
    private let executor: BlockingExecutor
    private let lock: FolderLock
    private var files: [Int: DoubleSlotFile] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Opens the store in `folder`, which is made if it is missing.
    ///
    /// - Returns: The store, which holds the folder as long as it lives.
    /// - Throws: ``StorageError``.
    public static func open(_ folder: String) async throws(StorageError) -> FileCursorStore {
        let executor = BlockingExecutor(label: "caracal.cursors")
        return try await executor.perform { () throws(StorageError) in
            try StorageError.wrap { () throws(FileError) in try Folder.create(folder) }
            let lock = try FolderLock(folder: folder, role: "cursors")
            return FileCursorStore(folder, executor, lock)
        }
    }

    private init(_ folder: String, _ executor: BlockingExecutor, _ lock: FolderLock) {
        self.folder = folder
        self.executor = executor
        self.lock = lock
    }

    /// Gives the folder back; nothing else is called afterwards.
    public func close() {
        lock.release()
    }

    public func claim(_ partition: Int) throws(CursorError) -> Cursor {
        let current = try cursor(of: partition)
        let claimed = Cursor(nextOffset: current.nextOffset, epoch: current.epoch + 1)
        try write(claimed, of: partition)
        return claimed
    }

    public func cursor(of partition: Int) throws(CursorError) -> Cursor {
        let path = path(of: partition)
        do throws(StorageError) {
            guard Folder.exists(path) else { return .start }
            let content = try DoubleSlotFile.read(path)
            var reader = ByteReader(content.record)
            guard let offset = reader.count(UInt64.self), let epoch = reader.count(UInt64.self),
                reader.isAtEnd
            else { throw .damaged(Damage(path: path, offset: 0, reason: "is no cursor")) }
            return Cursor(nextOffset: offset, epoch: epoch)
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    public func advance(_ range: OffsetRange, epoch: Int) throws(CursorError) {
        let current = try cursor(of: range.partition)
        guard current == Cursor(nextOffset: range.lower, epoch: epoch), epoch > 0 else {
            throw .fenced(current: current)
        }
        let moved = Cursor(nextOffset: range.upper, epoch: epoch)
        try write(moved, of: range.partition)
    }

    private func write(_ cursor: Cursor, of partition: Int) throws(CursorError) {
        var record: [UInt8] = []
        record.appendInteger(UInt64(cursor.nextOffset))
        record.appendInteger(UInt64(cursor.epoch))
        let path = path(of: partition)
        do throws(StorageError) {
            guard files[partition] != nil || Folder.exists(path) else {
                return try StorageError.wrap { () throws(FileError) in
                    try DoubleSlotFile.create(path, record: record)
                }
            }
            var file = try open(partition)
            try StorageError.wrap { () throws(FileError) in try file.writeBoth(record) }
            files[partition] = file
        } catch {
            throw .inDoubt(reason: error.description)
        }
    }

    private func open(_ partition: Int) throws(StorageError) -> DoubleSlotFile {
        if let file = files.removeValue(forKey: partition) { return file }
        return try DoubleSlotFile(path(of: partition))
    }

    private func path(of partition: Int) -> String { "\(folder)/\(partition).cursor" }
}
