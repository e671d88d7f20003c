import Synchronization

/// One member of the group that reads an ``InMemoryEventLog``.
public struct InMemoryEventLogMember: EventLog {
    let log: InMemoryEventLog
    let number: Int

    public func nextChange() async throws -> AssignmentChange? {
        while true {
            let version = log.signal.version
            let (isOpen, change) = log.state.withLock { state in
                (state.isOpen.contains(number), state.mail[number]?.popFirst())
            }
            if let change { return change }
            if !isOpen { return nil }
            try await log.signal.wait(after: version)
        }
    }

    public func reader(
        of partition: Int,
        from offset: Int
    ) async throws -> InMemoryEventLogReader {
        try log.state.withLock { state in
            guard state.holders.holds(number, partition) else {
                throw EventLogError.notAssigned(partition: partition)
            }
            let store = state.partitions[partition]
            guard (store.begin...store.end).contains(offset) else {
                throw EventLogError.offsetOutOfRange(
                    partition: partition,
                    offset: offset,
                    begin: store.begin,
                    end: store.end
                )
            }
        }
        return InMemoryEventLogReader(member: self, partition: partition, offset: offset)
    }

    public func acknowledge(_ partition: Int, upTo offset: Int) async {
        log.state.withLock { state in
            guard state.holders.holds(number, partition) else { return }
            state.acknowledged[partition] = max(state.acknowledged[partition], offset)
        }
    }

    public func release(_ partitions: [Int]) async {
        log.change { $0.release(partitions, by: number) }
    }

    public func close() async {
        log.state.withLock { state in
            state.isOpen.remove(number)
            state.mail[number] = nil
        }
        log.change { $0.leave(number) }
    }
}

/// Reads a partition of an ``InMemoryEventLog`` from an offset on.
public struct InMemoryEventLogReader: EventLogReader, Sendable {
    public typealias Element = LogRecord
    public typealias Replay = Replayable

    let member: InMemoryEventLogMember
    let partition: Int
    var offset: Int
    /// The log's version that the last poll saw.
    var seen = 0

    init(member: InMemoryEventLogMember, partition: Int, offset: Int) {
        self.member = member
        self.partition = partition
        self.offset = offset
    }

    /// Copies what is there.
    ///
    /// - Throws: ``EventLogError/notAssigned(partition:)`` once the member has lost the partition.
    public mutating func poll(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) throws -> Pulled {
        seen = member.log.signal.version
        let from = offset
        offset = try member.log.state.withLock { state in
            guard state.holders.holds(member.number, partition) else {
                throw EventLogError.notAssigned(partition: partition)
            }
            return state.partitions[partition].read(from: from, into: &chunk, limit: limit)
        }
        guard offset > from else { return .nothing }
        return .elements(OffsetRange(partition: partition, lower: from, upper: offset))
    }

    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await member.log.signal.wait(after: seen, until: deadline, on: clock)
    }
}

extension Array {
    /// Removes and returns the first element, if there is one.
    fileprivate mutating func popFirst() -> Element? {
        isEmpty ? nil : removeFirst()
    }
}
