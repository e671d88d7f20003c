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
/// copy is for whoever watches the topic. Without that topic nothing is copied, and it is said once.
final class DeadLetterOutbox: Sendable {
    static let topic = "caracal.dlq"

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
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            let version = changes.version
            do {
                while try await copySome(connection, producer) {}
                pause = .seconds(1)
                try await changes.wait(after: version)
            } catch let error as KafkaError where error.kind == .unknownTopic {
                report("there is no topic \(Self.topic): run 'caracal topics create'")
                break
            } catch is CancellationError {
                break
            } catch {
                report("\(error)")
                await connection.close()
                do {
                    try await runtime.clock.sleep(runtime.clock.now() + pause)
                } catch {
                    break
                }
                pause = min(pause * 2, .seconds(60))
            }
        }
        await connection.close()
    }

    private func report(_ reason: String) {
        telemetry.log.write(.warning, "dead letters are not copied", [.reason: .text(reason)])
    }

    /// Copies a page.
    ///
    /// - Returns: Whether there may be more.
    private func copySome(
        _ connection: PostgresConnection,
        _ producer: KafkaProducer
    ) async throws -> Bool {
        let letters = try await connection.perform { (session) throws(PostgresError) in
            try DeadLetterRows.unpublished(session, limit: 100)
        }
        if letters.isEmpty { return false }
        var batch = KafkaBatch()
        for letter in letters {
            batch.append(key: nil, value: letter.record.bytes)
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
        return true
    }
}
