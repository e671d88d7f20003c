public import Streams
import Synchronization

/// A topic of Kafka, as a member of a consumer group reads it.
///
/// The group decides which partitions the member holds; where reading begins is the caller's word
/// alone, and a place that the log does not have is an error and never skipped. One thread of the
/// member's own fetches ahead, within a bound of bytes for all partitions together. While no broker
/// answers, the member goes on trying and says so to whoever observes it.
public final class KafkaEventLog: EventLog {
    private let member: KafkaMember
    /// For questions that wait for a broker: they must not hold up what is fetched.
    private let queries = BlockingExecutor(label: "caracal.kafka.queries")

    /// Joins the group; whether a broker is there shows later.
    ///
    /// - Parameters:
    ///   - topic: One topic; it need not exist yet.
    ///   - settings: Of a consumer.
    ///   - bufferedBytes: The bound of what is fetched ahead, in bytes, 1 MiB or more.
    ///   - observe: Told of errors that pass, figures, delays and the client's log, on threads of the
    ///     client; returns at once.
    /// - Throws: ``KafkaError`` if the settings contradict each other or name files that cannot be
    ///   read.
    public init(
        topic: String,
        settings: KafkaSettings,
        bufferedBytes: Int = 32 << 20,
        observe: @escaping @Sendable (KafkaEvent) -> Void = { _ in }
    ) throws(KafkaError) {
        precondition(settings.role == .consumer, "a member of a group has a consumer's settings")
        let wakes = try WakeCounter()
        let handle = try KafkaHandle(settings, observe: observe)
        let member = KafkaMember(
            handle,
            topic: topic,
            wakes: wakes,
            byteLimit: max(1 << 20, bufferedBytes),
            recordLimit: settings.maxPollRecords
        )
        self.member = member
        try handle.subscribe(to: topic)
        let interval = settings.value(of: "max.poll.interval.ms").flatMap { Int($0) }
        let queries = queries
        BlockingExecutor(label: "caracal.kafka.member").run {
            do throws(KafkaError) {
                var loop = try MemberLoop(member, wakes, queries: queries, pollInterval: interval)
                loop.run()
            } catch {
                member.membership.withLock { $0.fail(error) }
                member.changes.signal()
            }
        }
    }

    deinit {
        _ = member.send(.close(nil))
    }

    /// The topic.
    public var topic: String { member.topic }

    /// The offset after the partition's last record, as it was when it was last fetched.
    ///
    /// With the cursor it gives the lag. With `isolation.level=read_committed` too, records of open
    /// transactions count.
    ///
    /// - Returns: `nil` before the first fetch.
    public func end(of partition: Int) -> Int? {
        member.handle.lastSeenEnd(of: partition, in: member.topic)
    }

    /// The identifier by which brokers tell this topic from an older one of the same name.
    ///
    /// - Returns: `nil` if it cannot be known: of librdkafka before 2.3, or brokers before 2.8.
    /// - Throws: ``KafkaError``, also if no broker answers within 10 s.
    public func topicID() async throws(KafkaError) -> String? {
        try await queries.perform { [member] () throws(KafkaError) in
            try member.handle.topicID(
                of: member.topic,
                milliseconds: Int32(KafkaMember.queryMilliseconds)
            )
        }
    }

    /// The version of the library that does the work, such as `2.0.2`.
    public static var libraryVersion: String { KafkaHandle.version }

    /// Waits for the next change of the partitions that this member holds.
    ///
    /// - Returns: `nil` once the log is closed to this member.
    /// - Throws: ``KafkaError`` when the client cannot go on: after a fatal error, when the user may
    ///   not read, and, before the first assignment, when the broker does not let the client in;
    ///   `CancellationError`.
    public func nextChange() async throws -> AssignmentChange? {
        while true {
            let version = member.changes.version
            let (isOpen, change, failure) = member.membership.withLock { membership in
                (membership.isOpen, membership.nextChange(), membership.failure)
            }
            if let change { return change }
            if !isOpen { return nil }
            if let failure { throw failure }
            try await member.changes.wait(after: version)
        }
    }

    /// A reader of `partition`, beginning at `offset`; one from before gets nothing more.
    ///
    /// Asks the partition's leader for the log's ends first.
    ///
    /// - Throws: ``EventLogError``, `unavailable` if the leader does not answer within 10 s.
    public func reader(
        of partition: Int,
        from offset: Int
    ) async throws -> KafkaReader {
        guard member.membership.withLock({ $0.held.contains(partition) }) else {
            throw EventLogError.notAssigned(partition: partition)
        }
        let (begin, end) = try await queries.perform { [member] () throws(EventLogError) in
            try member.ends(of: partition)
        }
        guard offset >= begin, offset <= end else {
            throw EventLogError.offsetOutOfRange(
                partition: partition,
                offset: offset,
                begin: begin,
                end: end
            )
        }
        let opened: Result<KafkaReader, EventLogError> = await withCheckedContinuation {
            let command = KafkaMember.Command.open(partition: partition, offset: offset, $0)
            if !member.send(command) {
                $0.resume(returning: .failure(.notAssigned(partition: partition)))
            }
        }
        return try opened.get()
    }

    /// Tells lag tools how far this member has come; sent at the latest a second later, and lost if
    /// the broker does not take it.
    public func acknowledge(_ partition: Int, upTo offset: Int) async {
        member.acknowledge(partition, upTo: offset)
    }

    /// Ends the readers of partitions; those that the group has asked back are given up together,
    /// once the last of them is released.
    public func release(_ partitions: [Int]) async {
        await withCheckedContinuation { continuation in
            if !member.send(.release(partitions, continuation)) { continuation.resume() }
        }
    }

    /// Leaves the group at once, unless the membership is static, and closes all connections.
    public func close() async {
        await withCheckedContinuation { continuation in
            if !member.send(.close(continuation)) { continuation.resume() }
        }
    }
}
