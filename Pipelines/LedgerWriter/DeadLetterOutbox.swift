import Ledgers
import LedgersPostgres
import Streams
import StreamsKafka
import StreamsPostgres
import Synchronization
import Telemetry

/// Copies dead letters from the database to the topic `caracal.dlq`, each at least once.
///
/// The row in the database, which moved with the offset in one transaction, is the dead letter; the
/// copy is for whoever watches the topic. While there is no such topic nothing is copied, which is
/// said once.
final class DeadLetterOutbox: Sendable {
    static let topic = "caracal.dlq"
    /// What is copied of a letter at most, in bytes.
    ///
    /// A record with its headers has to pass the client's and the broker's limit of a million; all of
    /// the letter is in the database.
    private static let copiedBytes = 900_000
    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)

    private let settings: WriterSettings
    private let database: PostgresSettings
    private let telemetry: WriterTelemetry
    private let runtime: Runtime
    private let changes = ChangeSignal()

    init(
        _ settings: WriterSettings,
        _ database: PostgresSettings,
        _ telemetry: WriterTelemetry,
        _ runtime: Runtime
    ) {
        self.settings = settings
        self.database = database
        self.telemetry = telemetry
        self.runtime = runtime
    }

    func observe(_ event: LedgerEvent) {
        if case .stored(let progress) = event, progress.refused > 0 { changes.signal() }
    }

    /// Copies what is there, and then whatever comes, until it is cancelled.
    func run() async {
        let producer: KafkaProducer
        do {
            producer = try KafkaProducer(settings: settings.kafka.adapted(to: .producer)) {
                [telemetry] event in telemetry.observe(event)
            }
        } catch {
            return report("\(error)")
        }
        defer { producer.close() }
        let connection = PostgresConnection(database)
        var pause = Self.shortestPause
        var isTopicThere = false
        var hasToldOfTopic = false
        while !Task.isCancelled {
            let version = changes.version
            do {
                while let letters = try await nextPage(connection) {
                    // A producer would wait long for a topic that there is not.
                    if !isTopicThere { try await checkTopic() }
                    isTopicThere = true
                    try await copy(letters, connection, producer)
                }
                pause = Self.shortestPause
                hasToldOfTopic = false
                try await changes.wait(after: version)
            } catch is CancellationError {
                break
            } catch {
                if (error as? KafkaError)?.kind != .unknownTopic {
                    report("\(error)")
                } else {
                    if !hasToldOfTopic {
                        report("there is no topic \(Self.topic): run 'caracal topics create'")
                    }
                    hasToldOfTopic = true
                    isTopicThere = false
                    pause = Self.longestPause
                }
                await connection.close()
                do {
                    try await runtime.clock.sleep(runtime.clock.now() + pause)
                } catch {
                    break
                }
                pause = min(pause * 2, Self.longestPause)
            }
        }
        await connection.close()
    }

    private func report(_ reason: String) {
        telemetry.log.write(.warning, "dead letters are not copied", [.reason: .text(reason)])
    }

    private func checkTopic() async throws {
        let admin = try KafkaAdmin(
            settings: settings.kafka.adapted(to: .admin),
            timeout: .seconds(5)
        ) { [telemetry] event in telemetry.observe(event) }
        _ = try await admin.partitionCount(of: Self.topic)
    }

    /// Letters that have not been copied; `nil` if there are none.
    private func nextPage(
        _ connection: PostgresConnection
    ) async throws -> [PostgresDeadLetter]? {
        let letters = try await connection.perform { (session) throws(PostgresError) in
            try DeadLetterRows.unpublished(session, limit: 100)
        }
        return letters.isEmpty ? nil : letters
    }

    private func copy(
        _ letters: [PostgresDeadLetter],
        _ connection: PostgresConnection,
        _ producer: KafkaProducer
    ) async throws {
        var batch = KafkaBatch()
        for letter in letters {
            let bytes = letter.record.bytes
            batch.append(key: nil, value: bytes.prefix(Self.copiedBytes))
            if bytes.count > Self.copiedBytes {
                batch.addHeader("caracal-cut-from", "\(bytes.count)".utf8)
            }
            batch.addHeader("caracal-topic", settings.topic.utf8)
            batch.addHeader("caracal-partition", "\(letter.partition)".utf8)
            batch.addHeader("caracal-offset", "\(letter.record.offset)".utf8)
            batch.addHeader("caracal-reason", letter.record.reason.rawValue.utf8)
            batch.addHeader("caracal-message", letter.record.message.utf8)
        }
        try await producer.produce(batch, to: Self.topic)
        try await producer.flush()
        try await connection.perform { (session) throws(PostgresError) in
            try DeadLetterRows.markPublished(session, letters)
        }
    }
}
