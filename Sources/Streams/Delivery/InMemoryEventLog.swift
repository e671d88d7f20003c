import Synchronization

/// An event log that lasts as long as the process, with a group of readers that a test directs.
///
/// Members are told what ``assign(_:to:)``, ``revoke(_:from:)`` and ``lose(_:from:)`` say, and a
/// partition has at most one holder at any time. Every operation is atomic; readers that wait are
/// woken by it.
public final class InMemoryEventLog: EventLogAppender {
    struct State {
        var partitions: [RecordStore]
        var holders: PartitionHolders
        var mail: [Int: [AssignmentChange]] = [:]
        /// How far the members say they have come.
        var acknowledged: [Int]
        var isOpen: Set<Int> = []
    }

    let state: Mutex<State>
    let signal = ChangeSignal()
    /// The most bytes of a record's value.
    public let recordLimit: Int
    /// How many partitions there are, numbered from 0.
    public let partitionCount: Int

    /// Makes an empty log.
    ///
    /// - Parameters:
    ///   - partitions: How many, at least 1.
    ///   - recordLimit: The most bytes of a record's value.
    public init(partitions: Int = 1, recordLimit: Int = 1 << 20) {
        precondition(partitions > 0 && recordLimit > 0, "a log of nothing takes nothing")
        partitionCount = partitions
        self.recordLimit = recordLimit
        let initial = State(
            partitions: Array(repeating: RecordStore(), count: partitions),
            holders: PartitionHolders(partitions: partitions),
            acknowledged: Array(repeating: 0, count: partitions)
        )
        state = Mutex(initial)
    }

    public func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended {
        try check(records, partition)
        let appended = state.withLock { $0.partitions[partition].append(records, in: bytes) }
        signal.signal()
        return appended
    }

    /// Uses up `count` offsets of `partition` that will never hold a record, as markers do.
    public func skip(_ count: Int, in partition: Int) {
        state.withLock { $0.partitions[partition].skip(count) }
        signal.signal()
    }

    /// Gives no offset of `partition` below `offset` from now on.
    public func forget(before offset: Int, in partition: Int) {
        state.withLock { $0.partitions[partition].forget(before: offset) }
    }

    /// The offset that the next record of `partition` gets.
    public func end(of partition: Int) -> Int {
        state.withLock { $0.partitions[partition].end }
    }

    /// The offset up to which members have acknowledged `partition`.
    public func acknowledged(of partition: Int) -> Int {
        state.withLock { $0.acknowledged[partition] }
    }

    /// Adds a member, which holds nothing yet.
    public func join() -> InMemoryEventLogMember {
        let number = state.withLock { state in
            let number = state.holders.join()
            state.isOpen.insert(number)
            return number
        }
        return InMemoryEventLogMember(log: self, number: number)
    }

    /// Adds a member that holds `partitions`, those of others once they are released.
    public func join(holding partitions: [Int]) -> InMemoryEventLogMember {
        let member = join()
        assign(partitions, to: member)
        return member
    }

    /// Gives `partitions` to `member`, those that others hold once these have let go.
    public func assign(_ partitions: [Int], to member: InMemoryEventLogMember) {
        change { $0.assign(partitions, to: member.number) }
    }

    /// Asks `member` to release those of `partitions` that it holds.
    public func revoke(_ partitions: [Int], from member: InMemoryEventLogMember) {
        change { $0.revoke(partitions, from: member.number) }
    }

    /// Takes those of `partitions` that `member` holds away from it, without asking.
    public func lose(_ partitions: [Int], from member: InMemoryEventLogMember) {
        change { $0.lose(partitions, from: member.number) }
    }

    /// Lets `event` change who holds what, and puts what follows into the members' mail.
    func change(_ event: (inout PartitionHolders) -> [PartitionHolders.Notice]) {
        state.withLock { state in
            for notice in event(&state.holders) {
                state.mail[notice.member, default: []].append(notice.change)
            }
        }
        signal.signal()
    }

    private func check(_ records: [LogRecord], _ partition: Int) throws(EventLogError) {
        guard (0..<partitionCount).contains(partition) else { throw .noSuchPartition(partition) }
        if let large = records.first(where: { $0.range.count > recordLimit }) {
            throw .recordTooLarge(byteCount: large.range.count, limit: recordLimit)
        }
    }
}
