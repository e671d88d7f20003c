public import Streams
import Synchronization

/// A log of segment files in a folder, as its only member: it holds every partition.
///
/// Readers see what is durable and nothing else, while another process may be appending; they are
/// woken by the kernel when there is more. The files' layout is at `PartitionFiles`, their formats at
/// `FrameHeader`, `RecordFrame`, `LogState` and `DurableEnd`.
public final class EmbeddedEventLog: EventLog {
    private struct Membership {
        var isOpen = true
        var isTold = false
        var held: Set<Int>
    }

    /// The folder.
    public let path: String
    let files: [PartitionFiles]
    let executor: BlockingExecutor
    /// Made with the first reader.
    private let watcher = Mutex<FileWatcher?>(nil)
    private let membership: Mutex<Membership>
    private let signal = ChangeSignal()

    /// The number of partitions.
    public var partitions: Int { files.count }

    /// Makes an empty log in `folder`, durably.
    ///
    /// - Parameters:
    ///   - folder: Made if it is missing.
    ///   - partitions: One to 1,024.
    /// - Throws: ``StorageError``; `alreadyExists` if there is a log, with nothing changed.
    public static func create(
        _ folder: String,
        partitions: Int = 1
    ) async throws(StorageError) {
        precondition((1...1_024).contains(partitions), "a log has 1 to 1,024 partitions")
        try await BlockingExecutor(label: "caracal.log").perform { () throws(StorageError) in
            let format = FormatVersionFile.path(in: folder)
            guard !Folder.exists(format) else {
                throw .file(FileError(.alreadyExists, operation: "create", path: format))
            }
            for partition in 0..<partitions {
                try PartitionFiles(log: folder, partition: partition).create()
            }
            // Last, so that a folder with a format file is whole.
            try StorageError.wrap { () throws(FileError) in
                try PartitionFiles.format.write(to: folder)
            }
        }
    }

    /// Opens the log in `folder` for reading; takes no lock.
    ///
    /// - Returns: The member.
    /// - Throws: ``StorageError``.
    public static func open(_ folder: String) async throws(StorageError) -> EmbeddedEventLog {
        let executor = BlockingExecutor(label: "caracal.log")
        return try await executor.perform { () throws(StorageError) in
            let files = try PartitionFiles.all(in: folder)
            return EmbeddedEventLog(folder, files, executor)
        }
    }

    private init(
        _ path: String,
        _ files: [PartitionFiles],
        _ executor: BlockingExecutor
    ) {
        self.path = path
        self.files = files
        self.executor = executor
        membership = Mutex(Membership(held: Set(files.map(\.partition))))
    }

    /// The offset that the next record of `partition` gets, as far as is durable.
    public func end(of partition: Int) async throws(StorageError) -> Int {
        guard files.indices.contains(partition) else { throw .noSuchPartition(partition) }
        let path = files[partition].end
        return try await executor.perform { () throws(StorageError) in
            try DurableEnd.read(path).0.offset
        }
    }

    public func nextChange() async throws -> AssignmentChange? {
        while true {
            let version = signal.version
            let (isOpen, isNews, held) = membership.withLock { state in
                defer { state.isTold = true }
                return (state.isOpen, !state.isTold, state.held)
            }
            if !isOpen { return nil }
            if isNews { return .assigned(held.sorted()) }
            try await signal.wait(after: version)
        }
    }

    public func reader(
        of partition: Int,
        from offset: Int
    ) async throws -> EmbeddedEventLogReader {
        guard holds(partition) else { throw EventLogError.notAssigned(partition: partition) }
        let files = files[partition]
        let executor = BlockingExecutor(label: "caracal.fetch")
        let cursor = try await executor.perform { () throws(EventLogError) in
            try LogCursor(files, from: offset)
        }
        let watcher = try await self.executor.perform { () throws(EventLogError) in
            try self.sharedWatcher()
        }
        let fetcher = LogFetcher(cursor, partition: partition, on: executor, watcher)
        fetcher.start()
        return EmbeddedEventLogReader(fetcher, partition: partition) {
            self.holds(partition)
        }
    }

    /// Does nothing: whoever asks for the lag compares the cursor with the end.
    public func acknowledge(_ partition: Int, upTo offset: Int) async {}

    public func release(_ partitions: [Int]) async {
        membership.withLock { $0.held.subtract(partitions) }
    }

    public func close() async {
        membership.withLock { state in
            state.isOpen = false
            state.held = []
        }
        signal.signal()
    }

    private func sharedWatcher() throws(EventLogError) -> FileWatcher {
        let result = watcher.withLock { shared -> Result<FileWatcher, FileError> in
            if let shared { return .success(shared) }
            let made = Result { () throws(FileError) in try FileWatcher(files.map(\.end)) }
            if case .success(let made) = made { shared = made }
            return made
        }
        switch result {
        case .success(let watcher): return watcher
        case .failure(let error): throw .unavailable(reason: error.description)
        }
    }

    private func holds(_ partition: Int) -> Bool {
        membership.withLock { $0.held.contains(partition) }
    }
}
