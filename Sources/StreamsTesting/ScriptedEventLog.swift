public import Streams

/// An event log in memory that fails when a test says so.
public struct ScriptedEventLog: EventLogAppender {
    /// What is true, and where a test assigns, revokes and takes away partitions.
    public let truth: InMemoryEventLog
    /// What the next appends do.
    public let appends = FailureScript<EventLogError>()
    /// What the next polls of any reader do; one that fails reads nothing.
    public let polls = FailureScript<EventLogError>()
    /// What opening the next readers does.
    public let openings = FailureScript<EventLogError>()

    public init(partitions: Int = 1) {
        truth = InMemoryEventLog(partitions: partitions)
    }

    public func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended {
        try await appends.play { () async throws(EventLogError) in
            try await truth.append(records, in: bytes, to: partition)
        }
    }

    /// Adds a member that holds `partitions`, those of others once they are released.
    public func join(holding partitions: [Int]) -> ScriptedEventLogMember {
        ScriptedEventLogMember(truth: truth.join(holding: partitions), log: self)
    }
}

/// One member of the group that reads a ``ScriptedEventLog``.
public struct ScriptedEventLogMember: EventLog {
    /// The member of the log that always does what it should.
    public let truth: InMemoryEventLogMember
    let log: ScriptedEventLog

    public func nextChange() async throws -> AssignmentChange? {
        try await truth.nextChange()
    }

    public func reader(
        of partition: Int,
        from offset: Int
    ) async throws -> ScriptedEventLogReader {
        try log.openings.playSynchronously()
        let reader = try await truth.reader(of: partition, from: offset)
        return ScriptedEventLogReader(truth: reader, polls: log.polls)
    }

    public func acknowledge(_ partition: Int, upTo offset: Int) async {
        await truth.acknowledge(partition, upTo: offset)
    }

    public func release(_ partitions: [Int]) async {
        await truth.release(partitions)
    }

    public func close() async {
        await truth.close()
    }
}

/// Reads a partition of a ``ScriptedEventLog``.
public struct ScriptedEventLogReader: EventLogReader {
    public typealias Element = LogRecord
    public typealias Replay = Replayable

    var truth: InMemoryEventLogReader
    let polls: FailureScript<EventLogError>

    public mutating func poll(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) throws -> Pulled {
        try polls.playSynchronously()
        return try truth.poll(into: &chunk, limit: limit)
    }

    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await truth.wait(until: deadline, on: clock)
    }
}
