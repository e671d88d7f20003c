public import Streams
import Synchronization

/// One member of the group that reads a ``SimulatedEventLog``, on a node.
public struct SimulatedEventLogMember: EventLog {
    let log: SimulatedEventLog
    let number: Int
    let node: SimulatedNode

    public func nextChange() async throws -> AssignmentChange? {
        while true {
            let version = log.mailSignal.version
            let (change, hasLeft) = log.state.withLock { state in
                let mail = state.members[number]?.mail ?? []
                if !mail.isEmpty { state.members[number]?.mail.removeFirst() }
                return (mail.first, state.members[number]?.hasLeft ?? true)
            }
            if hasLeft { return nil }
            if let change { return change }
            try await log.mailSignal.wait(after: version)
        }
    }

    /// A reader that fetches in the background.
    ///
    /// Whether the member holds the partition is not known here: one that has lost it reads on
    /// until it learns that.
    public func reader(
        of partition: Int,
        from offset: Int
    ) async throws -> SimulatedEventLogReader {
        guard (0..<log.partitionCount).contains(partition) else {
            throw EventLogError.notAssigned(partition: partition)
        }
        let offset = try log.position(offset, in: partition)
        return SimulatedEventLogReader(member: self, partition: partition, offset: offset)
    }

    public func acknowledge(_ partition: Int, upTo offset: Int) async {
        log.state.withLock { state in
            guard state.holders.holds(number, partition) else { return }
            state.acknowledged[partition] = max(state.acknowledged[partition], offset)
        }
    }

    public func release(_ partitions: [Int]) async {
        log.release(partitions, by: number)
    }

    public func close() async {
        log.state.withLock { $0.members[number]?.hasLeft = true }
        log.mailSignal.signal()
        log.leave(number)
    }
}

/// Reads a partition of a ``SimulatedEventLog``: polls what has arrived, and fetches while it waits.
public struct SimulatedEventLogReader: EventLogReader, Sendable {
    public typealias Element = LogRecord
    public typealias Replay = Replayable

    /// How far the answers have come.
    private final class Inbox: Sendable {
        let arrived: Mutex<(upTo: Int, isFetching: Bool)>
        let signal = ChangeSignal()

        init(offset: Int) {
            arrived = Mutex((offset, false))
        }

        func take(upTo offset: Int) {
            arrived.withLock { $0 = (max($0.upTo, offset), false) }
            signal.signal()
        }
    }

    private let member: SimulatedEventLogMember
    private let partition: Int
    private var offset: Int
    private let inbox: Inbox
    private var seen = 0

    init(member: SimulatedEventLogMember, partition: Int, offset: Int) {
        self.member = member
        self.partition = partition
        self.offset = offset
        inbox = Inbox(offset: offset)
    }

    public mutating func poll(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) throws -> Pulled {
        seen = inbox.signal.version
        let upTo = inbox.arrived.withLock { $0.upTo }
        let from = offset
        _ = try member.log.position(offset, in: partition)
        offset = member.log.state.withLock { state in
            let start = max(from, state.partitions[partition].begin)
            return state.partitions[partition].read(
                from: start,
                upTo: upTo,
                into: &chunk,
                limit: limit
            )
        }
        guard offset > from else {
            fetch()
            return .nothing
        }
        return .elements(OffsetRange(partition: partition, lower: from, upper: offset))
    }

    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await inbox.signal.wait(after: seen, until: deadline, on: clock)
    }

    private func fetch() {
        let mayFetch = inbox.arrived.withLock { arrived in
            defer { arrived.isFetching = true }
            return !arrived.isFetching
        }
        guard mayFetch else { return }
        let fetch = SimulatedEventLog.Fetch(
            partition: partition,
            offset: offset,
            limit: 8,
            answer: { [inbox] in inbox.take(upTo: $0) }
        )
        member.log.fetch(fetch)
    }
}

extension SimulatedEventLog {
    /// Where a reader at `offset` goes on.
    ///
    /// - Throws: ``EventLogError/offsetOutOfRange(partition:offset:begin:end:)`` if that is not there.
    func position(_ offset: Int, in partition: Int) throws(EventLogError) -> Int {
        let (begin, end, hidesGaps) = state.withLock { state in
            (
                state.partitions[partition].begin, state.partitions[partition].end,
                state.faults.hidesGaps
            )
        }
        if hidesGaps, offset < begin { return begin }
        guard (begin...end).contains(offset) else {
            throw .offsetOutOfRange(partition: partition, offset: offset, begin: begin, end: end)
        }
        return offset
    }
}
