import Glibc
import LedgerGraph
import Settings
import StreamsKafka
import StreamsPostgres

/// What a `ledger-writer` is told: by `--set`, then the environment, then a file, then defaults.
struct WriterSettings: Sendable {
    static let batchCounts = 1...100_000
    static let batchSizes = 1_024...(64 << 20)
    static let deadlines = Duration.milliseconds(100) ... .seconds(3_600)

    let topic: String
    let kafka: KafkaSettings
    let database: PostgresSettings
    let databasePasswordFile: String?
    let migrates: Bool
    let origin: String
    let keyFile: String
    let pipeline: LedgerPipeline.Options
    let metricsPort: Int
    let startDeadline: Duration
    let drainDeadline: Duration
    /// Every setting as it was read, for the log at start; secrets are redacted.
    let effective: [String]

    /// Reads all settings from `sources`, the first that has one deciding.
    ///
    /// - Throws: ``SettingsError`` with a line for each problem.
    init(_ sources: [SettingsSource]) throws(SettingsError) {
        var reader = SettingsReader(sources)
        let topic = reader.text("kafka.topic") ?? "caracal.metering.events"
        var properties = reader.texts(
            under: "kafka.",
            known: KafkaSettings.names,
            secrets: KafkaSettings.secretNames
        )
        properties["topic"] = nil
        properties["group.id"] = properties["group.id"] ?? "ledger-writer-group"
        properties["statistics.interval.ms"] = properties["statistics.interval.ms"] ?? "5000"
        let url = reader.requiredSecret("postgres.url")
        let passwordFile = reader.text("postgres.password-file")
        let migrates = reader.choice("postgres.migrate", default: Choice.false)
        let origin = reader.requiredText("ledger.origin")
        let keyFile = reader.requiredText("ledger.signing-key-file")
        let batchCount = reader.int("batch.count", in: Self.batchCounts, default: 8_192)
        let batchBytes = reader.byteCount("batch.bytes", in: Self.batchSizes, default: 8 << 20)
        let batchWait = reader.duration(
            "batch.wait",
            in: .zero ... .seconds(60),
            default: .milliseconds(20)
        )
        metricsPort = reader.int("metrics.port", in: 0...65_535, default: 9_090)
        startDeadline = reader.duration(
            "start.deadline",
            in: Self.deadlines,
            default: .seconds(60)
        )
        drainDeadline = reader.duration(
            "drain.deadline",
            in: Self.deadlines,
            default: .seconds(25)
        )
        var kafka: KafkaSettings?
        do throws(KafkaSettingsError) {
            kafka = try KafkaSettings(properties, for: .consumer)
        } catch {
            for problem in error.problems { reader.report("kafka.\(problem)") }
        }
        var database: PostgresSettings?
        do throws(PostgresURLError) {
            database = try PostgresSettings(url: url.reveal())
        } catch {
            if !url.reveal().isEmpty { reader.report("postgres.url: \(error)") }
        }
        try reader.finish()
        guard let kafka, let database else { throw SettingsError(problems: []) }
        self.topic = topic
        self.kafka = kafka
        self.database = database
        databasePasswordFile = passwordFile
        self.migrates = migrates == .true
        self.origin = origin
        self.keyFile = keyFile
        pipeline = LedgerPipeline.Options(
            lanes: 1,
            batchCount: batchCount,
            batchBytes: batchBytes,
            batchWait: batchWait,
            batchWaitWhenBusy: max(batchWait, min(batchWait * 10, .seconds(1))),
            // Each partition has that much; the client's buffer is before it.
            memory: 16 << 20
        )
        effective = reader.effective
    }

    private enum Choice: String, CaseIterable { case `true`, `false` }

    /// The variables of the environment that settings may come from; the rest of it is not read.
    static func variables() -> [String: String] {
        let keys =
            [
                "kafka.topic", "postgres.url", "postgres.password-file", "postgres.migrate",
                "ledger.origin", "ledger.signing-key-file", "batch.count", "batch.bytes",
                "batch.wait", "metrics.port", "start.deadline", "drain.deadline",
            ] + KafkaSettings.names.map { "kafka.\($0)" }
        return keys.reduce(into: [:]) { variables, key in
            let name = SettingsSource.variableName(of: key, prefix: "CARACAL_")
            if let text = unsafe getenv(name) { variables[name] = unsafe String(cString: text) }
        }
    }
}
