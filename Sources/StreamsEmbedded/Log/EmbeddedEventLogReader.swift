public import Streams

/// Reads a partition of a log of segment files, which is read ahead of it on a thread of its own.
///
/// The arena of a chunk is the frames as they lie in the file, checked; values and producers' names
/// are ranges of it.
public struct EmbeddedEventLogReader: EventLogReader, Sendable {
    public typealias Element = LogRecord
    public typealias Replay = Replayable

    private let fetcher: LogFetcher
    private let partition: Int
    private let isHeld: @Sendable () -> Bool
    private var current = LogChunk()
    /// The first element of ``current`` that has not been given.
    private var next = 0
    /// The count of changes before the last poll.
    private var seen = 0

    init(_ fetcher: LogFetcher, partition: Int, isHeld: @escaping @Sendable () -> Bool) {
        self.fetcher = fetcher
        self.partition = partition
        self.isHeld = isHeld
    }

    /// Gives what has been read ahead.
    ///
    /// - Throws: ``EventLogError/notAssigned(partition:)`` once the member has given the partition up;
    ///   ``EventLogError/damaged(partition:offset:reason:)`` or
    ///   ``EventLogError/unavailable(reason:)`` once all before the place has been given.
    public mutating func poll(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) throws -> Pulled {
        guard isHeld() else { throw EventLogError.notAssigned(partition: partition) }
        if current.offsets.isEmpty {
            seen = fetcher.changes.version
            // The emptied buffers of the chunk go to the thread that reads ahead.
            current.bytes = []
            current.elements.removeAll(keepingCapacity: true)
            swap(&current.bytes, &chunk.bytes)
            swap(&current.elements, &chunk.elements)
            guard try fetcher.take(&current) else { return .nothing }
            next = 0
        }
        let lower = current.offsets.lowerBound
        let count = current.elements.count(fitting: limit, from: next)
        let isLast = next + count == current.elements.count
        let upper = isLast ? current.offsets.upperBound : current.elements[next + count].offset
        if next == 0, isLast {
            swap(&chunk.bytes, &current.bytes)
            swap(&chunk.elements, &current.elements)
        } else {
            chunk.bytes = current.bytes
            chunk.elements.append(contentsOf: current.elements[next..<next + count])
            next += count
        }
        current.offsets = upper..<current.offsets.upperBound
        return .elements(OffsetRange(partition: partition, lower: lower, upper: upper))
    }

    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await fetcher.changes.wait(after: seen, until: deadline, on: clock)
    }
}
