import Streams
import Synchronization

/// What the thread of a member of a group shares with its readers and with who asks for changes.
final class KafkaMember: Sendable {
    /// What the thread is asked to do.
    enum Command: Sendable {
        case open(
            partition: Int,
            offset: Int,
            CheckedContinuation<Result<KafkaReader, EventLogError>, Never>
        )
        case resume(partition: Int)
        case release([Int], CheckedContinuation<Void, Never>)
        case close(CheckedContinuation<Void, Never>?)
    }

    private struct Mailbox {
        var commands: [Command] = []
        /// Offsets to tell the group, the latest of each partition.
        var acknowledged: [Int: Int] = [:]
        var isOver = false
    }

    let handle: KafkaHandle
    let topic: String
    let recordLimit: Int
    /// Told whenever ``membership`` changes.
    let changes = ChangeSignal()
    let membership = Mutex(GroupMembership())
    private let buffers: Mutex<FetchBuffers>
    private let signals = Mutex<[Int: ChangeSignal]>([:])
    private let mailbox = Mutex(Mailbox())
    private let wakes: WakeCounter

    init(
        _ handle: KafkaHandle,
        topic: String,
        wakes: WakeCounter,
        byteLimit: Int,
        recordLimit: Int
    ) {
        self.handle = handle
        self.topic = topic
        self.wakes = wakes
        self.recordLimit = recordLimit
        buffers = Mutex(FetchBuffers(byteLimit: byteLimit, recordLimit: recordLimit))
    }

    // MARK: Commands

    /// Hands the thread a command.
    ///
    /// - Returns: `false` if the thread has ended: nobody will do it.
    func send(_ command: Command) -> Bool {
        let isTaken = mailbox.withLock { mailbox in
            if !mailbox.isOver { mailbox.commands.append(command) }
            return !mailbox.isOver
        }
        if isTaken { wakes.wake() }
        return isTaken
    }

    func takeCommands() -> [Command] {
        mailbox.withLock { mailbox in
            if mailbox.commands.isEmpty { return [] }
            defer { mailbox.commands = [] }
            return mailbox.commands
        }
    }

    /// From here on no command is taken.
    ///
    /// - Returns: Those that were taken and not done.
    func endCommands() -> [Command] {
        mailbox.withLock { mailbox in
            defer { mailbox.commands = [] }
            mailbox.isOver = true
            return mailbox.commands
        }
    }

    /// Keeps an offset until the thread next tells the group; wakes nobody.
    func acknowledge(_ partition: Int, upTo offset: Int) {
        mailbox.withLock { $0.acknowledged[partition] = offset }
    }

    func takeAcknowledged() -> [Int: Int] {
        mailbox.withLock { mailbox in
            if mailbox.acknowledged.isEmpty { return [:] }
            defer { mailbox.acknowledged = [:] }
            return mailbox.acknowledged
        }
    }

    /// Asks the partition's leader where its log begins and ends; blocks.
    func ends(of partition: Int) throws(EventLogError) -> (begin: Int, end: Int) {
        do throws(KafkaError) {
            return try handle.watermarks(
                of: partition,
                in: topic,
                milliseconds: Self.queryMilliseconds
            )
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    /// How long a question to a broker may take.
    static let queryMilliseconds = 10_000

    // MARK: Buffers, the thread's side

    /// Begins a partition for a new reader, which is yet to be resumed.
    func open(_ partition: Int, from offset: Int) -> KafkaReader {
        let generation = buffers.withLock { $0.open(partition, from: offset) }
        let changes = signal(of: partition)
        changes.signal()
        return KafkaReader(self, partition: partition, generation: generation, changes)
    }

    /// Ends what readers get of these partitions.
    func close(_ partitions: [Int]) {
        buffers.withLock { buffers in
            for partition in partitions { buffers.close(partition) }
        }
        for partition in partitions { signal(of: partition).signal() }
    }

    func offsetToResume(_ partition: Int) -> Int? {
        buffers.withLock { $0.resume(partition) }
    }

    /// The partitions that are held while others are paused, to be resumed.
    func endHolding() -> [Int] {
        buffers.withLock { $0.endHolding() }
    }

    /// Has a partition begin again where its buffers end.
    func restart(_ partition: Int) {
        buffers.withLock { $0.restart(partition) }
        _ = send(.resume(partition: partition))
    }

    /// Whether what has come first for a reader counts, though there is a gap before it.
    func admitsGap(_ partition: Int, to offset: Int) -> Bool {
        let (counts, restarts) = buffers.withLock { $0.admitGap(partition, to: offset) }
        if restarts { _ = send(.resume(partition: partition)) }
        return counts
    }

    func fill(_ partition: Int) -> RecordBuffer? {
        buffers.withLock { $0.fill(partition) }
    }

    func publish(_ partition: Int, _ buffer: RecordBuffer) {
        let (isNews, pauses) = buffers.withLock { $0.publish(partition, buffer) }
        if !pauses.isEmpty { handle.pause(pauses, of: topic) }
        if isNews { signal(of: partition).signal() }
    }

    func fail(_ partition: Int, _ error: any Error) {
        buffers.withLock { $0.fail(partition, error) }
        signal(of: partition).signal()
    }

    func position(of partition: Int) -> Int? {
        buffers.withLock { $0.position(of: partition) }
    }

    // MARK: Buffers, the readers' side

    func isOpen(_ partition: Int, _ generation: Int) -> Bool {
        buffers.withLock { $0.isOpen(partition, generation) }
    }

    /// Takes the next buffer in exchange for an empty one, if there is one.
    ///
    /// - Throws: Why there will be none any more.
    func take(
        _ partition: Int,
        _ generation: Int,
        returning emptied: RecordBuffer
    ) throws -> RecordBuffer? {
        let taken = buffers.withLock { $0.take(partition, generation, returning: emptied) }
        switch taken {
        case .buffer(let buffer, let resumed):
            for other in resumed { _ = send(.resume(partition: other)) }
            return buffer
        case .nothing: return nil
        case .failed(let error): throw error
        case .closed: throw EventLogError.notAssigned(partition: partition)
        }
    }

    private func signal(of partition: Int) -> ChangeSignal {
        signals.withLock { signals in
            if let signal = signals[partition] { return signal }
            let signal = ChangeSignal()
            signals[partition] = signal
            return signal
        }
    }
}
