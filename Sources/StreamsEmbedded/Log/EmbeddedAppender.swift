public import Streams
import Synchronization

/// Appends to a log of segment files; one process at a time.
///
/// Appends that arrive while a sync is under way go out together with the next one, in the order in
/// which they were handed in. All files are touched on a thread of the appender's own.
public actor EmbeddedAppender {
    /// How big segments may become, in bytes, unless said otherwise.
    public static let defaultSegmentLimit = 256 << 20

    /// What was mended when the log was opened.
    public nonisolated let report: RecoveryReport

    private let path: String
    private let executor: BlockingExecutor
    private let lock: FolderLock
    private var writers: [PartitionWriter]
    private var failure: StorageError?
    private nonisolated let queue = Mutex(AppendQueue())

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Opens the log in `folder`, which ``EmbeddedEventLog/create(_:partitions:)`` has made.
    ///
    /// A torn tail is cut off and reported; damage is refused.
    ///
    /// - Parameters:
    ///   - folder: The log's.
    ///   - floors: For each partition, from 0, an offset below which nothing may be missing, such as
    ///     the cursor of what was made of the log; 0 for those that are not named.
    ///   - segmentLimit: The size in bytes from which on a new segment is begun.
    /// - Returns: The appender, which holds the role until it is closed or gone.
    /// - Throws: ``StorageError``: with nothing changed if anything is not as it must be; where the
    ///   file system refuses the mending, unfinished tails may be cut already, and no record is lost.
    public static func open(
        _ folder: String,
        floors: [Int] = [],
        segmentLimit: Int = defaultSegmentLimit
    ) async throws(StorageError) -> EmbeddedAppender {
        let executor = BlockingExecutor(label: "caracal.append")
        return try await executor.perform { () throws(StorageError) in
            let all = try PartitionFiles.all(in: folder)
            let lock = try FolderLock(folder: folder, role: "append")
            var report = RecoveryReport()
            var found: [PartitionWriter.Inspection] = []
            for files in all {
                let floor = files.partition < floors.count ? floors[files.partition] : 0
                found.append(try PartitionWriter.inspect(files, floor: floor))
            }
            // Only when all are right is anything written.
            var writers: [PartitionWriter] = []
            for inspection in found {
                let writer = try PartitionWriter(
                    inspection,
                    segmentLimit: segmentLimit,
                    report: &report
                )
                writers.append(writer)
            }
            return EmbeddedAppender(folder, executor, lock, writers, report)
        }
    }

    private init(
        _ path: String,
        _ executor: BlockingExecutor,
        _ lock: FolderLock,
        _ writers: [PartitionWriter],
        _ report: RecoveryReport
    ) {
        self.path = path
        self.executor = executor
        self.lock = lock
        self.writers = writers
        self.report = report
    }

    /// Appends what is new of `batch`, all of it or nothing, durably.
    ///
    /// - Parameters:
    ///   - batch: See ``AppendBatch``.
    ///   - partition: Where to, from 0.
    /// - Returns: The offsets given, and how many records were there already.
    /// - Throws: As ``PendingAppend/result()``.
    @discardableResult
    public nonisolated func append(
        _ batch: AppendBatch,
        to partition: Int = 0
    ) async throws(StorageError) -> Appended {
        try await submit(batch, to: partition).result()
    }

    /// Hands in `batch`, behind all that was handed in before, and does not wait for it.
    ///
    /// The batch is put into its frame on the caller's thread, so that this overlaps with the writing
    /// of those before it. Whoever hands in without end awaits an earlier one now and then: nothing
    /// else bounds the memory.
    public nonisolated func submit(_ batch: AppendBatch, to partition: Int = 0) -> PendingAppend {
        let pending = PendingAppend()
        let buffer = queue.withLock { $0.takeBuffer() }
        do {
            let prepared = try PreparedAppend(batch, in: buffer)
            let isFirst = queue.withLock { $0.add((prepared, partition, pending)) }
            if isFirst { executor.run { self.assumeIsolated { $0.commit() } } }
        } catch {
            pending.complete(.failure(error))
        }
        return pending
    }

    /// How far `source` is in the log, durably, or `nil` if nothing of it is.
    public func progress(of source: String, in partition: Int = 0) -> SourceProgress? {
        writers.indices.contains(partition) ? writers[partition].state.progress[source] : nil
    }

    /// The highest sequence of `producer` in the log, or `nil` if there is none.
    public func mark(of producer: String, in partition: Int = 0) -> Int? {
        guard writers.indices.contains(partition) else { return nil }
        return writers[partition].state.marks[Array(producer.utf8)]
    }

    /// The offset at which the letter lies that was sent again, or `nil` if it was not.
    public func redriven(_ letter: String, in partition: Int = 0) -> Int? {
        writers.indices.contains(partition) ? writers[partition].state.redriven[letter] : nil
    }

    /// The offset that the next record gets.
    public func end(of partition: Int = 0) -> Int? {
        writers.indices.contains(partition) ? writers[partition].nextOffset : nil
    }

    /// Gives the role back, after all that was handed in; appending is over.
    public func close() {
        commit()
        if failure == nil { for writer in writers { writer.close() } }
        failure = failure ?? .closed(path: path)
        lock.release()
    }

    /// Writes all that was handed in, with one sync a partition.
    private func commit() {
        var group = queue.withLock { $0.takeAll() }
        var outcomes: [(PendingAppend, PendingAppend.Outcome)] = []
        for (append, partition, pending) in group {
            outcomes.append((pending, write(append, to: partition)))
        }
        let buffers = group.map { $0.0.payload }
        // Nothing else may hold the buffers, or filling them again would copy them.
        group = []
        queue.withLock { $0.giveBack(buffers) }
        let synced = Result { () throws(StorageError) in try sync() }
        for (pending, outcome) in outcomes {
            switch synced {
            case .success: pending.complete(outcome)
            case .failure(let error): pending.complete(outcome.flatMap { _ in .failure(error) })
            }
        }
    }

    private func write(_ append: PreparedAppend, to partition: Int) -> PendingAppend.Outcome {
        if let failure { return .failure(failure) }
        guard writers.indices.contains(partition) else {
            return .failure(.noSuchPartition(partition))
        }
        do {
            return .success(try writers[partition].append(append))
        } catch {
            // What is too large was refused before anything was written.
            if case .tooLarge = error {} else { failure = error }
            return .failure(error)
        }
    }

    private func sync() throws(StorageError) {
        if let failure { throw failure }
        do {
            for partition in writers.indices { try writers[partition].sync() }
        } catch {
            failure = error
            throw error
        }
    }
}

/// What was handed in and not yet taken, with buffers to use again.
private struct AppendQueue: Sendable {
    private static let bufferLimit = 4

    private var waiting: [(PreparedAppend, Int, PendingAppend)] = []
    private var buffers: [[UInt8]] = []

    /// Returns whether nothing was waiting before.
    mutating func add(_ append: (PreparedAppend, Int, PendingAppend)) -> Bool {
        waiting.append(append)
        return waiting.count == 1
    }

    mutating func takeAll() -> [(PreparedAppend, Int, PendingAppend)] {
        defer { waiting = [] }
        return waiting
    }

    mutating func takeBuffer() -> [UInt8] {
        buffers.popLast() ?? []
    }

    mutating func giveBack(_ used: [[UInt8]]) {
        buffers.append(contentsOf: used.prefix(Self.bufferLimit - buffers.count))
    }
}

extension EmbeddedAppender: EventLogAppender {
    public nonisolated func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended {
        do {
            return try await append(AppendBatch(records: records, bytes: bytes), to: partition)
        } catch {
            switch error {
            case .tooLarge(let byteCount, let limit):
                throw .recordTooLarge(byteCount: byteCount, limit: limit)
            case .noSuchPartition(let partition): throw .noSuchPartition(partition)
            default: throw .unavailable(reason: error.description)
            }
        }
    }
}
