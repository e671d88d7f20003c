public import Streams
import Synchronization

/// How a simulated event log treats those who use it.
public struct EventLogFaults: Equatable, Sendable {
    /// The longest that a message takes, there or back.
    public var delayLimit: Duration
    /// How long a member may be silent before its partitions are another's.
    public var sessionTimeout: Duration
    /// How long a member may take to release what was revoked before it has lost it.
    public var revocationDeadline: Duration
    /// Of 10,000 appended records, how many are appended once more, later and elsewhere.
    public var repeatedPer10000: Int
    /// Of 10,000 appends, how many are followed by offsets that never hold a record.
    public var skippedPer10000: Int
    /// Of 10,000 appends, how many come after a transaction of several records that was aborted: its
    /// records and its end use up offsets that no reader gets.
    public var abortedPer10000: Int
    /// Of 10,000 times that partitions are shared anew, how often all of them are asked back first.
    public var eagerPer10000: Int
    /// Whether a reader that is behind the beginning goes on there, as if nothing were missing.
    public var hidesGaps: Bool

    public init(
        delayLimit: Duration = .milliseconds(3),
        sessionTimeout: Duration = .milliseconds(60),
        revocationDeadline: Duration = .milliseconds(80),
        repeatedPer10000: Int = 0,
        skippedPer10000: Int = 0,
        abortedPer10000: Int = 0,
        eagerPer10000: Int = 0,
        hidesGaps: Bool = false
    ) {
        self.delayLimit = delayLimit
        self.sessionTimeout = sessionTimeout
        self.revocationDeadline = revocationDeadline
        self.repeatedPer10000 = repeatedPer10000
        self.skippedPer10000 = skippedPer10000
        self.abortedPer10000 = abortedPer10000
        self.eagerPer10000 = eagerPer10000
        self.hidesGaps = hidesGaps
    }
}

/// A partitioned log with a group of readers, reached by messages that take virtual time.
///
/// It shares its partitions among the members that are alive: it assigns, revokes with a deadline,
/// and takes away from members that are silent too long. A member on a paused node learns of that
/// only when it goes on, and until then believes what it knew: a zombie. What was appended is never
/// lost.
public final class SimulatedEventLog: EventLogAppender {
    struct Member {
        let node: SimulatedNode
        var hasLeft = false
        /// Silent for too long; comes back when it is heard of again.
        var isExpelled = false
        var silentSince: Int64?
        /// Messages to one member arrive in the order in which they were sent.
        var lastArrival: Int64 = 0
        var mail: [AssignmentChange] = []
        /// Which tenure of each partition the member has last been told of.
        var tenures: [Int: Int] = [:]
    }

    struct Fetch {
        let partition: Int
        let offset: Int
        let limit: Int
        let answer: @Sendable (Int) -> Void
    }

    struct State {
        var faults: EventLogFaults
        var random: SeededGenerator
        var partitions: [RecordStore]
        var holders: PartitionHolders
        var members: [Int: Member] = [:]
        /// Fetches that wait for something to be appended.
        var fetches: [Fetch] = []
        var acknowledged: [Int]
        var rebalances = 0
    }

    let simulation: Simulation
    let state: Mutex<State>
    /// Wakes members whose mail has arrived.
    let mailSignal = ChangeSignal()
    private let heartbeat = Duration.milliseconds(10)
    /// How many partitions there are, numbered from 0.
    public let partitionCount: Int

    /// Makes an empty log.
    public init(
        in simulation: Simulation,
        partitions: Int,
        faults: EventLogFaults = EventLogFaults()
    ) {
        self.simulation = simulation
        partitionCount = partitions
        let initial = State(
            faults: faults,
            random: SeededGenerator(seed: UInt64(simulation.random(below: .max))),
            partitions: Array(repeating: RecordStore(), count: partitions),
            holders: PartitionHolders(partitions: partitions),
            acknowledged: Array(repeating: 0, count: partitions)
        )
        state = Mutex(initial)
        beatLater()
    }

    /// How the log treats its users from now on.
    public var faults: EventLogFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// The offset that the next record of `partition` gets.
    public func end(of partition: Int) -> Int {
        state.withLock { $0.partitions[partition].end }
    }

    /// The first offset of `partition` that a reader still gets.
    public func begin(of partition: Int) -> Int {
        state.withLock { $0.partitions[partition].begin }
    }

    /// Forgets what `partition` has below `offset`, as retention does, read or not.
    ///
    /// ``everything(in:)`` still knows it.
    public func forget(_ partition: Int, before offset: Int) {
        state.withLock { $0.partitions[partition].forget(before: offset) }
    }

    /// Everything that `partition` ever held, as a reader would get it.
    public func everything(in partition: Int) -> Chunk<LogRecord> {
        var chunk = Chunk<LogRecord>()
        let limit = ChunkLimit(elements: .max, bytes: .max)
        state.withLock { state in
            _ = state.partitions[partition].read(from: 0, into: &chunk, limit: limit)
        }
        return chunk
    }

    /// How often partitions have been shared anew.
    public var rebalanceCount: Int { state.withLock { $0.rebalances } }

    /// Appends at once, and may append some of it again later, and leave offsets empty.
    public func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended {
        guard (0..<partitionCount).contains(partition) else { throw .noSuchPartition(partition) }
        let (appended, repeats) = state.withLock { state in
            if state.random.happens(per10000: state.faults.abortedPer10000) {
                state.partitions[partition].skip(2 + state.random.below(12))
            }
            let appended = state.partitions[partition].append(records, in: bytes)
            if state.random.happens(per10000: state.faults.skippedPer10000) {
                state.partitions[partition].skip(1 + state.random.below(3))
            }
            var repeats: [(LogRecord, Duration)] = []
            for record in records
            where state.random.happens(per10000: state.faults.repeatedPer10000) {
                repeats.append((record, state.random.duration(upTo: .milliseconds(50))))
            }
            return (appended, repeats)
        }
        answerFetches()
        for (record, delay) in repeats {
            simulation.after(delay) { [weak self] in
                self?.repeatRecord(record, in: bytes, to: partition)
            }
        }
        return appended
    }

    /// Adds a member that runs on `node`; partitions are shared anew.
    public func join(on node: SimulatedNode) -> SimulatedEventLogMember {
        let number = state.withLock { state in
            let number = state.holders.join()
            state.members[number] = Member(node: node)
            return number
        }
        rebalance()
        return SimulatedEventLogMember(log: self, number: number, node: node)
    }

    /// Shares the partitions among the members that are alive, at random.
    ///
    /// Only those that go to another member are asked back; all of them, where that is drawn.
    public func rebalance() {
        let notices = state.withLock { state -> [PartitionHolders.Notice] in
            let alive = state.members.keys.sorted().filter { number in
                state.members[number].map { !$0.hasLeft && !$0.isExpelled } ?? false
            }
            guard !alive.isEmpty else { return [] }
            state.rebalances += 1
            var notices: [PartitionHolders.Notice] = []
            let shift = state.random.below(alive.count)
            let isEager = state.random.happens(per10000: state.faults.eagerPer10000)
            for partition in 0..<partitionCount {
                let target = alive[(partition + shift) % alive.count]
                let holder = state.holders.holder(of: partition)
                guard holder != target || isEager else { continue }
                if holder == target {
                    state.holders.reassign(partition)
                } else {
                    notices += state.holders.assign([partition], to: target)
                }
                if let holder { notices += state.holders.revoke([partition], from: holder) }
            }
            return notices
        }
        deliver(notices)
    }

    // MARK: What members say

    /// Takes back what `member` holds by the tenure that it knows of.
    ///
    /// A message that is overtaken by a later tenure of the same member must not end that one.
    func release(_ partitions: [Int], by member: Int) {
        let tenures = state.withLock { $0.members[member]?.tenures ?? [:] }
        send { log in
            let notices = log.state.withLock { state in
                let current = partitions.filter { tenures[$0] == state.holders.tenure(of: $0) }
                return state.holders.release(current, by: member)
            }
            log.deliver(notices)
        }
    }

    func leave(_ member: Int) {
        send { log in
            let notices = log.state.withLock { state in
                state.members[member]?.hasLeft = true
                return state.holders.leave(member)
            }
            log.deliver(notices)
            log.rebalance()
        }
    }

    func fetch(_ fetch: Fetch) {
        send { log in
            log.state.withLock { $0.fetches.append(fetch) }
            log.answerFetches()
        }
    }

    /// Does `action` after a message's time, between two jobs.
    private func send(_ action: @escaping @Sendable (SimulatedEventLog) -> Void) {
        let delay = state.withLock { $0.random.duration(upTo: $0.faults.delayLimit) }
        simulation.after(delay) { [weak self] in
            if let self { action(self) }
        }
    }

    // MARK: What members are told

    /// Brings notices to the members, each member's in order, and enforces revocations.
    func deliver(_ notices: [PartitionHolders.Notice]) {
        for notice in notices {
            let delay = state.withLock { state -> Duration in
                guard var member = state.members[notice.member] else { return .zero }
                let delay = state.random.duration(upTo: state.faults.delayLimit)
                let now = simulation.core.now
                member.lastArrival = max(member.lastArrival + 1, now + delay.nanoseconds)
                state.members[notice.member] = member
                return .nanoseconds(member.lastArrival - now)
            }
            let tenures = state.withLock { state in tenuresGiven(by: notice, state.holders) }
            simulation.after(delay) { [weak self] in
                self?.state.withLock { state in
                    state.members[notice.member]?.mail.append(notice.change)
                    state.members[notice.member]?.tenures.merge(tenures) { $1 }
                }
                self?.mailSignal.signal()
            }
            if case .revoked(let partitions) = notice.change {
                let deadline = state.withLock { $0.faults.revocationDeadline }
                simulation.after(deadline) { [weak self] in
                    self?.enforce(partitions, notice.member)
                }
            }
        }
    }

    private func tenuresGiven(
        by notice: PartitionHolders.Notice,
        _ holders: PartitionHolders
    ) -> [Int: Int] {
        guard case .assigned(let partitions) = notice.change else { return [:] }
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, holders.tenure(of: $0)) })
    }

    private func enforce(_ partitions: [Int], _ member: Int) {
        let notices = state.withLock { state in
            let late = partitions.filter {
                state.holders.holds(member, $0) && state.holders.isRevoked($0)
            }
            return state.holders.lose(late, from: member)
        }
        deliver(notices)
    }

    // MARK: What the log does by itself

    private func beatLater() {
        simulation.after(heartbeat) { [weak self] in
            self?.beat()
            self?.beatLater()
        }
    }

    /// Expels members that were silent for too long, takes back those that are heard again, and
    /// shares what nobody holds.
    private func beat() {
        let (notices, hasChanged) = state.withLock { state in
            var notices: [PartitionHolders.Notice] = []
            var hasChanged = false
            let now = simulation.core.now
            for number in state.members.keys.sorted() {
                guard var member = state.members[number], !member.hasLeft else { continue }
                if member.node.isUp {
                    hasChanged = hasChanged || member.isExpelled
                    member.isExpelled = false
                    member.silentSince = nil
                } else {
                    member.silentSince = member.silentSince ?? now
                    let silence = Duration.nanoseconds(now - (member.silentSince ?? now))
                    if !member.isExpelled, silence >= state.faults.sessionTimeout {
                        member.isExpelled = true
                        hasChanged = true
                        notices += state.holders.expel(number)
                    }
                }
                state.members[number] = member
            }
            let isAnyFree = (0..<partitionCount).contains { state.holders.holder(of: $0) == nil }
            return (notices, hasChanged || isAnyFree)
        }
        deliver(notices)
        if hasChanged { rebalance() }
    }

    private func repeatRecord(_ record: LogRecord, in bytes: [UInt8], to partition: Int) {
        state.withLock { state in
            _ = state.partitions[partition].append([record], in: bytes, isRepeating: true)
        }
        answerFetches()
    }

    /// Answers the fetches for which there is something, whoever holds the partition by now.
    private func answerFetches() {
        let answers = state.withLock { state in
            var answers: [(upTo: Int, delay: Duration, answer: @Sendable (Int) -> Void)] = []
            var waiting: [Fetch] = []
            for fetch in state.fetches {
                let end = state.partitions[fetch.partition].end
                guard end > fetch.offset else {
                    waiting.append(fetch)
                    continue
                }
                let upTo = min(end, fetch.offset + 1 + state.random.below(fetch.limit))
                let delay = state.random.duration(upTo: state.faults.delayLimit)
                answers.append((upTo, delay, fetch.answer))
            }
            state.fetches = waiting
            return answers
        }
        for (upTo, delay, answer) in answers { simulation.after(delay) { answer(upTo) } }
    }
}
