import LedgerGraph
import Ledgers
import Streams
import StreamsKafka
import Synchronization
import Telemetry

extension Log.Key {
    static let partition = Self("partition")
    static let partitions = Self("partitions")
    static let reason = Self("reason")
    static let entries = Self("entries")
    static let size = Self("size")
    static let offset = Self("offset")
    static let setting = Self("setting")
    static let attempt = Self("attempt")
}

extension Health.Part {
    static let kafka = Self("kafka")
    static let database = Self("database")
    static let ledger = Self("ledger")
}

/// Turns what happens in a `ledger-writer` into log lines, metrics and health.
final class WriterTelemetry: Sendable {
    /// What is known of a partition that is held.
    private struct Held {
        var nextOffset: Int?
        let metrics: LedgerWriterMetrics.Partition
        var trouble: String?
    }

    let metrics = Metrics()
    let health = Health([.kafka, .database, .ledger])
    let log: Log
    private let own: LedgerWriterMetrics
    private let held = Mutex<[Int: Held]>([:])
    private let isReady = Mutex(false)
    private let shown = Mutex(KafkaStatistics())
    /// Whether a broker could not be reached, and none has been since.
    private let isAway = Mutex(false)
    private let ready: @Sendable ([Int]) -> Void

    /// - Parameters:
    ///   - log: For lines.
    ///   - ready: Called once, with the first partitions.
    init(_ log: Log, ready: @escaping @Sendable ([Int]) -> Void) {
        self.log = log
        self.ready = ready
        own = LedgerWriterMetrics(metrics)
    }

    // MARK: Partitions

    func changed(_ change: AssignmentChange) {
        switch change {
        case .assigned(let partitions):
            log.write(.info, "partitions assigned", [.partitions: list(partitions)])
            held.withLock { held in
                for partition in partitions {
                    held[partition] = Held(metrics: own.partition(partition))
                }
            }
            health.report(.kafka, .ready)
            let isFirst = isReady.withLock { isReady in
                defer { isReady = true }
                return !isReady
            }
            if isFirst { ready(partitions.sorted()) }
        case .revoked(let partitions):
            log.write(.info, "partitions asked back", [.partitions: list(partitions)])
            forget(partitions)
        case .lost(let partitions):
            log.write(.warning, "partitions lost", [.partitions: list(partitions)])
            forget(partitions)
        }
        reportLedger()
    }

    private func forget(_ partitions: [Int]) {
        held.withLock { held in
            for partition in partitions { held[partition] = nil }
        }
        for partition in partitions { own.withdrawLag(ofPartition: partition) }
    }

    private func list(_ partitions: [Int]) -> LogValue {
        .text(partitions.sorted().map { "\($0)" }.joined(separator: ","))
    }

    /// The work on a partition begins, at its cursor.
    func claimed(_ partition: Int, _ cursor: Cursor) {
        held.withLock { held in
            held[partition]?.nextOffset = cursor.nextOffset
            held[partition]?.trouble = nil
        }
        reportLedger()
    }

    /// Shows what nobody tells: connections, and how far each partition is behind, as it is now.
    func refresh(connections: Int, end: (_ partition: Int) -> Int?) {
        own.databaseConnections.set(connections)
        held.withLock { held in
            for (partition, state) in held {
                guard let next = state.nextOffset, let end = end(partition) else { continue }
                state.metrics.lag.set(max(0, end - next))
            }
        }
    }

    // MARK: Batches

    func observe(_ event: LedgerEvent) {
        switch event {
        case .stored(let progress): stored(progress)
        case .retrying(let partition, let error): retrying(partition, error)
        }
    }

    /// A root was signed, so long after its batch's transaction began.
    func sealed(_ elapsed: Duration) {
        own.merkleProcessing.observe(elapsed)
    }

    private func stored(_ progress: LedgerProgress) {
        let wasTroubled = held.withLock { held in
            defer { held[progress.partition]?.trouble = nil }
            held[progress.partition]?.nextOffset = progress.nextOffset
            return held[progress.partition]?.trouble != nil
        }
        let partition = own.partition(progress.partition)
        partition.entries.increment(by: progress.entries)
        partition.duplicates.increment(by: progress.duplicates)
        own.merkleBatchSize.observe(progress.entries)
        own.commit.observe(UInt64(max(0, progress.elapsed / .nanoseconds(1))))
        if progress.refused > 0 {
            for (reason, count) in progress.refusedReasons {
                own.deadLetters(partition: progress.partition, reason: reason.rawValue)
                    .increment(by: count)
            }
            log.write(
                .warning,
                "records became dead letters",
                [.partition: .integer(progress.partition), .entries: .integer(progress.refused)]
            )
        }
        log.write(
            .debug,
            "batch stored",
            [
                .partition: .integer(progress.partition), .entries: .integer(progress.entries),
                .size: .integer(progress.size), .offset: .integer(progress.nextOffset),
                .reason: .text("\(progress.reason)"),
            ]
        )
        if wasTroubled {
            health.report(.database, .ready)
            reportLedger()
        }
    }

    private func retrying(_ partition: Int, _ error: LedgerError) {
        let (word, level): (String, Log.Level) =
            switch error {
            case .inDoubt: ("in_doubt", .warning)
            case .signingFailed: ("signing", .error)
            case .notWritable: ("not_writable", .error)
            default: ("unavailable", .warning)
            }
        own.retries(reason: word).increment()
        if case .inDoubt = error { own.commitsInDoubt.increment() }
        if case .signingFailed = error { own.signingFailures.increment() }
        trouble(partition, FailurePolicy.explanation(of: error), level)
    }

    private func trouble(_ partition: Int, _ reason: String, _ level: Log.Level) {
        held.withLock { $0[partition]?.trouble = reason }
        log.write(
            level,
            "a batch is tried again",
            [.partition: .integer(partition), .reason: .text(reason)]
        )
        reportLedger()
    }

    /// Decides about a partition whose work has failed, and says so.
    func failed(_ partition: Int, _ error: any Error) -> PartitionFailureResponse {
        let response = FailurePolicy.response(to: error)
        let reason = FailurePolicy.explanation(of: error)
        if case LedgerError.fenced = FailurePolicy.cause(of: error) { own.fenced.increment() }
        if case LedgerError.verificationFailed = FailurePolicy.cause(of: error) {
            own.merkleVerificationFailures.increment()
        }
        let fields: Log.Fields = [.partition: .integer(partition), .reason: .text(reason)]
        switch response {
        case .restart:
            own.retries(reason: "restart").increment()
            log.write(.warning, "a partition begins again", fields)
        case .stopPartition:
            log.write(.error, "a partition stands still until somebody helps", fields)
        case .stopService:
            log.write(.error, "the writer stops", fields)
            health.report(.ledger, .failed(reason))
        }
        held.withLock { $0[partition]?.trouble = reason }
        reportLedger()
        return response
    }

    private func reportLedger() {
        let troubles = held.withLock { held in
            held.compactMap { partition, state in state.trouble.map { "\(partition): \($0)" } }
        }
        health.report(
            .ledger,
            troubles.isEmpty ? .ready : .degraded(troubles.sorted().joined(separator: "; "))
        )
    }

    // MARK: The client of Kafka

    func observe(_ event: KafkaEvent) {
        switch event {
        case .error(let error):
            log.write(.warning, "kafka", [.reason: .text("\(error)")])
            if error.kind == .unreachable {
                isAway.withLock { $0 = true }
                health.report(.kafka, .degraded("\(error)"))
            }
        case .log(let level, _, let text):
            log.write(level <= 4 ? .warning : .debug, "kafka client", [.reason: .text(text)])
        case .throttled(let broker, let time):
            log.write(.warning, "throttled", [.reason: .text("\(broker) for \(time)")])
        case .statistics(let json):
            guard let figures = KafkaStatistics(json: json), figures.isConsumer else { return }
            show(figures)
        }
    }

    private func show(_ figures: KafkaStatistics) {
        let before = shown.withLock { shown in
            defer { shown = figures }
            return shown
        }
        own.kafkaReceived.increment(by: max(0, figures.receivedBytes - before.receivedBytes))
        own.kafkaRebalances.increment(by: max(0, figures.rebalances - before.rebalances))
        own.kafkaQueuedRecords.set(figures.queuedRecords)
        own.kafkaQueuedBytes.set(figures.queuedBytes)
        own.kafkaBrokersUp.set(figures.brokersUp)
        guard figures.brokersUp > 0 else { return }
        let isBack = isAway.withLock { isAway in
            defer { isAway = false }
            return isAway
        }
        if isBack { health.report(.kafka, .ready) }
    }
}
