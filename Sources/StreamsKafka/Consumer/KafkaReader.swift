public import Streams

/// Reads one partition of a topic, which a thread of the member's fetches ahead of it.
///
/// A poll yields the records of one buffer, `max.poll.records` at most, in order of offset. Offsets
/// that hold no record for this reader, because a transaction was aborted or the log compacted, are
/// covered by the range of the records after them, or by one without records at the log's end. A
/// record without a value has 0 bytes.
public struct KafkaReader: EventLogReader, Sendable {
    public typealias Element = LogRecord
    public typealias Replay = Replayable

    private let member: KafkaMember
    private let partition: Int
    private let generation: Int
    private let changes: ChangeSignal
    private var current = RecordBuffer()
    /// The first element of ``current`` that has not been given.
    private var next = 0
    /// The count of changes before the last poll.
    private var seen = 0

    init(_ member: KafkaMember, partition: Int, generation: Int, _ changes: ChangeSignal) {
        self.member = member
        self.partition = partition
        self.generation = generation
        self.changes = changes
    }

    /// Gives what has been fetched ahead.
    ///
    /// - Throws: ``EventLogError/notAssigned(partition:)`` once the partition is released, lost or
    ///   given to a newer reader; ``EventLogError/offsetOutOfRange(partition:offset:begin:end:)`` if
    ///   the log no longer has what comes next; ``EventLogError/damaged(partition:offset:reason:)``;
    ///   ``KafkaError`` once the client has ended. What was fetched before is given first.
    public mutating func poll(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) throws -> Pulled {
        if current.lower == current.upper {
            seen = changes.version
            // The emptied buffers of the chunk go to the thread that fetches.
            var emptied = RecordBuffer()
            swap(&emptied.bytes, &chunk.bytes)
            swap(&emptied.elements, &chunk.elements)
            guard let buffer = try member.take(partition, generation, returning: emptied) else {
                return .nothing
            }
            current = buffer
            next = 0
        } else if !member.isOpen(partition, generation) {
            throw EventLogError.notAssigned(partition: partition)
        }
        let lower = current.lower
        let count = current.elements.count(fitting: limit, from: next)
        let isLast = next + count == current.elements.count
        let upper = isLast ? current.upper : current.elements[next + count].offset
        if next == 0, isLast {
            swap(&chunk.bytes, &current.bytes)
            swap(&chunk.elements, &current.elements)
        } else {
            chunk.bytes = current.bytes
            chunk.elements.append(contentsOf: current.elements[next..<next + count])
            next += count
        }
        current.lower = upper
        if isLast { current = RecordBuffer() }
        return .elements(OffsetRange(partition: partition, lower: lower, upper: upper))
    }

    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await changes.wait(after: seen, until: deadline, on: clock)
    }
}
