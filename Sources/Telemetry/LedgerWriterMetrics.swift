/// The metrics of the service `ledger-writer`, under the names that its alerts and boards know.
///
/// Those without a label are there, at zero, from the start; those of a partition from the first
/// time that it is asked for.
public struct LedgerWriterMetrics: Sendable {
    /// Entries a committed batch.
    public let merkleBatchSize: Histogram
    /// From the start of a batch's transaction to its signed root, in nanoseconds.
    public let merkleProcessing: Histogram
    /// Batches whose root, computed again from what was stored, was another.
    public let merkleVerificationFailures: Counter
    /// Duration of the transaction, in nanoseconds.
    public let commit: Histogram
    /// Commits refused because somebody else owns the partition.
    public let fenced: Counter
    /// Commits whose answer was lost, and that were settled by reading the cursor.
    public let commitsInDoubt: Counter
    public let signingFailures: Counter
    /// Connections open to the database.
    public let databaseConnections: Gauge
    /// What the consumer has read from brokers, in bytes.
    public let kafkaReceived: Counter
    /// How often partitions were dealt anew.
    public let kafkaRebalances: Counter
    /// Records, and their bytes, that the client has read ahead.
    public let kafkaQueuedRecords: Gauge
    public let kafkaQueuedBytes: Gauge
    public let kafkaBrokersUp: Gauge

    private let metrics: Metrics

    public init(_ metrics: Metrics) {
        self.metrics = metrics
        merkleBatchSize = metrics.histogram(.merkleBatchSize)
        merkleProcessing = metrics.histogram(.merkleProcessing)
        merkleVerificationFailures = metrics.counter(.merkleVerificationFailures)
        commit = metrics.histogram(.commit)
        fenced = metrics.counter(.fenced)
        commitsInDoubt = metrics.counter(.commitsInDoubt)
        signingFailures = metrics.counter(.signingFailures)
        databaseConnections = metrics.gauge(.databaseConnections)
        kafkaReceived = metrics.counter(.kafkaReceived)
        kafkaRebalances = metrics.counter(.kafkaRebalances)
        kafkaQueuedRecords = metrics.gauge(.kafkaQueuedRecords)
        kafkaQueuedBytes = metrics.gauge(.kafkaQueuedBytes)
        kafkaBrokersUp = metrics.gauge(.kafkaBrokersUp)
    }

    /// What is counted by partition; keep it while the partition is assigned.
    public func partition(_ partition: Int) -> Partition {
        Partition(
            lag: metrics.gauge(.lag, "\(partition)"),
            entries: metrics.counter(.entries, "\(partition)"),
            duplicates: metrics.counter(.duplicates, "\(partition)")
        )
    }

    /// Shows the lag of a partition no more: another consumer has it and shows it.
    public func withdrawLag(ofPartition partition: Int) {
        metrics.withdraw(.lag, "\(partition)")
    }

    /// Records refused for `reason`, one of a closed set of words.
    public func deadLetters(partition: Int, reason: String) -> Counter {
        metrics.counter(.deadLetters, "\(partition)", reason)
    }

    /// Attempts made again because of `reason`, one of a closed set of words.
    public func retries(reason: String) -> Counter {
        metrics.counter(.retries, reason)
    }

    /// Answers of the endpoint of metrics and health, by their status.
    public func requests(status: Int) -> Counter {
        metrics.counter(.requests, "\(status)")
    }

    /// The instruments of one partition.
    public struct Partition: Sendable {
        /// Records in the topic after the last committed one.
        public let lag: Gauge
        public let entries: Counter
        /// Records that were already in the ledger.
        public let duplicates: Counter
    }
}

extension MetricDeclaration<Counter> {
    static let entries = Self(
        counter: "caracal_entries_total",
        help: "Entries committed to the ledger.",
        labels: ["partition"]
    )
    static let deadLetters = Self(
        counter: "caracal_dead_letters_total",
        help: "Records that could not become entries.",
        labels: ["partition", "reason"]
    )
    static let duplicates = Self(
        counter: "caracal_duplicates_total",
        help: "Records dropped because the ledger has them.",
        labels: ["partition"]
    )
    static let merkleVerificationFailures = Self(
        counter: "caracal_merkle_verification_failures_total",
        help: "Batches whose root differed when computed again from what was stored."
    )
    static let fenced = Self(
        counter: "caracal_fenced_total",
        help: "Commits refused because somebody else owns the partition."
    )
    static let commitsInDoubt = Self(
        counter: "caracal_commits_in_doubt_total",
        help: "Commits whose answer was lost."
    )
    static let retries = Self(
        counter: "caracal_retries_total",
        help: "Attempts made again.",
        labels: ["reason"]
    )
    static let signingFailures = Self(
        counter: "caracal_signing_failures_total",
        help: "Checkpoints that could not be signed; their batches are not published."
    )
    static let kafkaReceived = Self(
        counter: "caracal_kafka_received_bytes_total",
        help: "Bytes that the consumer has received from brokers."
    )
    static let kafkaRebalances = Self(
        counter: "caracal_kafka_rebalances_total",
        help: "Times that the group has dealt its partitions anew."
    )
    static let requests = Self(
        counter: "caracal_requests_total",
        help: "HTTP requests answered.",
        labels: ["status"]
    )
}

extension MetricDeclaration<Gauge> {
    static let lag = Self(
        gauge: "kafka_consumer_lag",
        help: "Records in the topic after the last committed one.",
        labels: ["partition"]
    )
    static let databaseConnections = Self(
        gauge: "caracal_database_connections",
        help: "Open connections to the database."
    )
    static let kafkaQueuedRecords = Self(
        gauge: "caracal_kafka_queued_records",
        help: "Records that the client has read ahead."
    )
    static let kafkaQueuedBytes = Self(
        gauge: "caracal_kafka_queued_bytes",
        help: "Bytes of the records that the client has read ahead."
    )
    static let kafkaBrokersUp = Self(
        gauge: "caracal_kafka_brokers_up",
        help: "Brokers that the consumer is connected to."
    )
}

extension MetricDeclaration<Histogram> {
    static let merkleBatchSize = Self(
        histogram: "caracal_merkle_batch_size",
        help: "Entries in a committed batch.",
        unit: .count,
        bounds: [1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000]
    )
    static let merkleProcessing = Self(
        histogram: "caracal_merkle_processing_seconds",
        help: "Time to write a batch, read it back, verify its tree and sign it.",
        unit: .nanoseconds,
        bounds: durationBounds
    )
    static let commit = Self(
        histogram: "caracal_commit_seconds",
        help: "Time of a commit.",
        unit: .nanoseconds,
        bounds: durationBounds
    )

    /// From 0.5 ms to 10 s.
    private static var durationBounds: [UInt64] {
        [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000]
            .map { $0 * 1_000 } + [2_500_000_000, 5_000_000_000, 10_000_000_000]
    }
}
