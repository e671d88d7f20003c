import Streams
import Synchronization

/// Reads ahead in a partition on a thread of its own, a few chunks and no more.
actor LogFetcher {
    /// Told whenever a chunk is ready, or reading has failed.
    nonisolated let changes = ChangeSignal()

    private let executor: BlockingExecutor
    private let watcher: FileWatcher
    private let partition: Int
    private var cursor: LogCursor
    private nonisolated let shelf = Mutex(ChunkShelf())
    private nonisolated let subscription = Mutex<Int?>(nil)

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ cursor: LogCursor, partition: Int, on executor: BlockingExecutor, _ watcher: FileWatcher)
    {
        self.cursor = cursor
        self.partition = partition
        self.executor = executor
        self.watcher = watcher
    }

    deinit {
        if let id = subscription.withLock({ $0 }) { watcher.cancel(id) }
    }

    /// Begins to read, and goes on whenever the log has grown.
    nonisolated func start() {
        let id = watcher.subscribe(partition) { [weak self] in self?.wake() }
        subscription.withLock { $0 = id }
        wake()
    }

    /// Takes the next chunk in exchange for an empty one, if one is ready.
    ///
    /// - Throws: Why there will be none any more, once what was read before has been taken.
    nonisolated func take(_ chunk: inout LogChunk) throws(EventLogError) -> Bool {
        var outcome = ChunkShelf.Taken.none
        let empty = chunk
        chunk = LogChunk()
        outcome = shelf.withLock { $0.take(empty) }
        switch outcome {
        case .chunk(let next, let isWanting):
            chunk = next
            if isWanting { fetchSoon() }
            return true
        case .none:
            return false
        case .failed(let error):
            throw error
        }
    }

    private nonisolated func wake() {
        if shelf.withLock({ $0.wake() }) { fetchSoon() }
    }

    private nonisolated func fetchSoon() {
        executor.run { self.assumeIsolated { $0.fetch() } }
    }

    private func fetch() {
        while var chunk = shelf.withLock({ $0.begin() }) {
            let result = Result { () throws(EventLogError) in try cursor.next(into: &chunk) }
            let isNews: Bool
            switch result {
            case .success(true): isNews = !chunk.elements.isEmpty
            case .success(false): isNews = false
            case .failure: isNews = true
            }
            let done = chunk
            chunk = LogChunk()
            let goesOn = shelf.withLock { $0.end(done, result) }
            if isNews { changes.signal() }
            if !goesOn { return }
        }
    }
}

/// The chunks between the thread that reads ahead and the reader: decides who does what next.
private struct ChunkShelf: Sendable {
    enum Taken {
        /// A chunk, and whether somebody must fetch the next.
        case chunk(LogChunk, isWanting: Bool)
        case none
        case failed(EventLogError)
    }

    /// How many chunks may be ready.
    private static let depth = 3

    private var ready: [LogChunk] = []
    private var empty: [LogChunk] = []
    private var isFetching = false
    /// Whether the log has grown since the fetch began.
    private var hasGrown = false
    private var failure: EventLogError?

    /// The log has grown: returns whether somebody must fetch.
    mutating func wake() -> Bool {
        hasGrown = true
        return want()
    }

    mutating func take(_ chunk: LogChunk) -> Taken {
        if empty.count < Self.depth { empty.append(chunk) }
        if ready.isEmpty { return failure.map { .failed($0) } ?? .none }
        let chunk = ready.removeFirst()
        return .chunk(chunk, isWanting: want())
    }

    private mutating func want() -> Bool {
        guard !isFetching, failure == nil, ready.count < Self.depth else { return false }
        isFetching = true
        return true
    }

    /// The chunk to fill next, or `nil` if the fetch is over.
    mutating func begin() -> LogChunk? {
        guard ready.count < Self.depth else {
            isFetching = false
            return nil
        }
        hasGrown = false
        var chunk = empty.popLast() ?? LogChunk()
        chunk.clear()
        return chunk
    }

    /// Takes what a fetch has found, and returns whether to go on.
    mutating func end(_ chunk: LogChunk, _ result: Result<Bool, EventLogError>) -> Bool {
        switch result {
        case .success(true):
            // Frames without records: nothing that a reader waits for.
            if chunk.elements.isEmpty { empty.append(chunk) } else { ready.append(chunk) }
            return true
        case .success(false):
            empty.append(chunk)
            if hasGrown { return true }
        case .failure(let error):
            failure = error
        }
        isFetching = false
        return false
    }
}
