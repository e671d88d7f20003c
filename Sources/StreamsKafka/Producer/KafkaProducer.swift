import Streams
import Synchronization

/// Produces records to topics of Kafka, each once and in order, and in transactions if it is told to.
///
/// What ``produce(_:to:)`` takes is on its way; it is durable, on as many replicas as `acks` says,
/// when ``flush()`` or ``commit()`` has returned. The bytes under way are bounded by `buffer.memory`:
/// over it, producing waits.
public final class KafkaProducer: Sendable {
    private let handle: KafkaHandle
    private let ledger = Mutex(DeliveryLedger())
    private let reports = ChangeSignal()
    private let topics = Mutex<[String: ProducerTopic]>([:])
    private let stop = Mutex(false)
    private let wakes: WakeCounter
    /// For calls that wait for brokers.
    private let calls = BlockingExecutor(label: "caracal.kafka.calls")

    /// Makes a producer; whether a broker is there shows later.
    ///
    /// - Parameters:
    ///   - settings: Of a producer; with a `transactional.id` everything is produced in transactions.
    ///   - observe: Told of errors that pass, figures and the client's log, on threads of the client;
    ///     returns at once.
    /// - Throws: ``KafkaError`` if the settings contradict each other or name files that cannot be
    ///   read.
    public init(
        settings: KafkaSettings,
        observe: @escaping @Sendable (KafkaEvent) -> Void = { _ in }
    ) throws(KafkaError) {
        precondition(settings.role == .producer, "a producer has a producer's settings")
        wakes = try WakeCounter()
        handle = try KafkaHandle(settings, observe: observe)
        start()
    }

    deinit { close() }

    /// Hands records to the client, in order; waits while it has no room.
    ///
    /// Those of one partition stay in order, also across calls that follow each other.
    ///
    /// - Throws: ``KafkaError`` with `recordTooLarge`, `unknownTopic`, `fenced` and others: the
    ///   records before the refused one are on their way, which ``flush()`` waits for.
    ///   `CancellationError`, in which case some may be on their way.
    public func produce(_ batch: KafkaBatch, to topic: String) async throws {
        let target = try self.topic(topic)
        var next = 0
        while next < batch.count {
            // Counted before: a report may come before the call returns.
            ledger.withLock { $0.accept(batch.count - next) }
            let (count, refusal) = handle.enqueue(batch, from: next, to: target)
            next += count
            if next < batch.count { ledger.withLock { $0.accept(next - batch.count) } }
            guard let refusal else { return }
            guard refusal.name == "_QUEUE_FULL" else {
                throw KafkaError(
                    code: refusal.code,
                    name: refusal.name,
                    operation: refusal.operation,
                    reason: "record \(next + 1) of \(batch.count): \(refusal.reason)",
                    isFatal: refusal.isFatal,
                    isRetriable: refusal.isRetriable,
                    needsAbort: refusal.needsAbort
                )
            }
            try await waitForRoom()
        }
    }

    /// Waits until a quarter of what is under way has been answered: to wake for every answer, and
    /// to add the few records that it makes room for, costs more than the records.
    private func waitForRoom() async throws {
        let enough = ledger.withLock { $0.outstanding / 4 * 3 }
        while true {
            let version = reports.version
            if ledger.withLock({ $0.outstanding <= enough }) { return }
            try await reports.wait(after: version)
        }
    }

    /// Waits until everything that was produced has been answered.
    ///
    /// - Throws: ``KafkaError`` if some of it was not delivered since the last flush: in which order
    ///   those stood among the others is not told, so that a caller repeats all since then, with the
    ///   same numbers. `CancellationError`, with nothing undone.
    public func flush() async throws {
        while true {
            let version = reports.version
            if ledger.withLock({ $0.outstanding == 0 }) { break }
            let isDone = await calls.perform { [handle] in handle.flush(milliseconds: 1_000) }
            try Task.checkCancellation()
            // The last reports are on their way from the client's thread to the ledger.
            if isDone, ledger.withLock({ $0.outstanding > 0 }) {
                try await reports.wait(after: version)
            }
        }
        if let failure = ledger.withLock({ $0.takeFailure() }) { throw failure }
    }

    /// The number of records delivered so far.
    public var delivered: Int { ledger.withLock { $0.delivered } }

    /// Ends the client; what is still on its way may be lost.
    public func close() {
        stop.withLock { $0 = true }
        wakes.wake()
    }

    private func topic(_ name: String) throws(KafkaError) -> ProducerTopic {
        if let topic = topics.withLock({ $0[name] }) { return topic }
        let made = try ProducerTopic(name, handle)
        topics.withLock { $0[name] = made }
        return made
    }

    private func start() {
        // The thread must not keep this value alive, or nothing would ever end it.
        BlockingExecutor(label: "caracal.kafka.producer").run { [handle, wakes, weak self] in
            do throws(KafkaError) {
                let loop = try ProducerLoop(handle, wakes: wakes)
                while self?.take(loop) == true { wakes.sleep(milliseconds: 1_000) }
            } catch {
                handle.callbacks.observe(.error(error))
            }
        }
    }

    /// - Returns: Whether to go on.
    private func take(_ loop: borrowing ProducerLoop) -> Bool {
        loop.serve { delivered, failed, error in
            ledger.withLock { $0.report(delivered: delivered, failed: failed, error) }
            reports.signal()
        }
        return !stop.withLock { $0 }
    }
}

// MARK: Transactions

extension KafkaProducer {
    /// Takes over the transactional id: fences off whoever has it, and ends what that has left open.
    ///
    /// - Throws: ``KafkaError``.
    public func initTransactions() async throws(KafkaError) {
        try await calls.perform { [handle] () throws(KafkaError) in try handle.initTransactions() }
    }

    /// Begins a transaction, which everything produced from here on is part of.
    ///
    /// - Throws: ``KafkaError``, with `fenced` if another producer has the id.
    public func begin() async throws(KafkaError) {
        try await calls.perform { [handle] () throws(KafkaError) in try handle.beginTransaction() }
    }

    /// Delivers everything produced in the transaction and makes it visible, all or nothing.
    ///
    /// - Throws: ``KafkaError``: with `needsAbort` nothing is visible and ``abort()`` comes next;
    ///   with `isRetriable` it is called again; with `isFatal` the client has ended.
    public func commit() async throws(KafkaError) {
        try await calls.perform { [handle] () throws(KafkaError) in try handle.commitTransaction() }
    }

    /// Drops everything produced in the transaction.
    ///
    /// - Throws: ``KafkaError``.
    public func abort() async throws(KafkaError) {
        try await calls.perform { [handle] () throws(KafkaError) in try handle.abortTransaction() }
        // What was thrown away is reported as failed, and has been answered for by this call.
        _ = ledger.withLock { $0.takeFailure() }
    }
}
