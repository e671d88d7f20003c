import CommandLineInterface
import Events
import LedgerGraph
import Ledgers
import LedgersPostgres
import StreamsKafka
import StreamsPostgres

/// Sends dead letters of a database to their topic again, and counts what became of them.
///
/// A letter is sent, and then marked. Whatever ends it in between, the next one sends the letter again
/// under the same name, by which the ledger knows it.
struct DatabaseLetterRetry {
    private let database: LedgerDatabase
    private let producer: KafkaProducer
    private let console: Console
    private var topics: [Int: String] = [:]
    private(set) var sent = 0
    private(set) var already = 0
    /// Letters that are still no events.
    private(set) var dead = 0

    init(
        _ database: LedgerDatabase,
        _ settings: KafkaSettings,
        _ console: Console
    ) throws(CommandError) {
        self.database = database
        self.console = console
        do throws(KafkaError) {
            producer = try KafkaProducer(settings: settings)
        } catch {
            throw CommandError(error)
        }
    }

    func close() {
        producer.close()
    }

    /// Sends a letter, or the corrected bytes for it.
    mutating func send(
        _ letter: PostgresDeadLetter,
        with corrected: [UInt8]?
    ) async throws(CommandError) {
        guard !letter.isRedriven else {
            already += 1
            return
        }
        let id = DeadLetterItem(letter).id
        if corrected == nil, letter.record.reason == .idConflict {
            dead += 1
            return console.errors(
                "\(id): the ledger has another event of this event_id; use --with"
            )
        }
        let event: [UInt8]
        do throws(EventError) {
            event = try Self.json(corrected ?? letter.record.bytes)
        } catch {
            dead += 1
            return console.errors("\(id): still no event: \(error)")
        }
        let partition = letter.partition
        let topic = try topic(of: partition)
        var batch = KafkaBatch()
        batch.append(key: nil, value: event, partition: partition)
        batch.addProducer(
            RedrivenLetter.producer(partition: partition, offset: letter.record.offset),
            0
        )
        do {
            try await producer.produce(batch, to: topic)
            try await producer.flush()
            try DeadLetterRows.markRedriven(database.session, [letter])
        } catch let error as KafkaError {
            throw CommandError(error)
        } catch let error as PostgresError {
            throw CommandError(error)
        } catch {
            throw CommandError("\(error)", exitCode: .tryAgain)
        }
        sent += 1
    }

    private mutating func topic(of partition: Int) throws(CommandError) -> String {
        if let topic = topics[partition] { return topic }
        let topic = try database.reader(partition).head.topic
        topics[partition] = topic
        return topic
    }

    /// The event that `bytes` are, as JSON: they are that already, or the canonical bytes of one.
    private static func json(_ bytes: [UInt8]) throws(EventError) -> [UInt8] {
        let start = bytes.first { $0 != 0x20 && $0 != 0x09 }
        if start == UInt8(ascii: "{") {
            var canonical: [UInt8] = []
            var reader = EventJSON()
            _ = try reader.canonicalize(bytes.span, into: &canonical)
            return bytes
        }
        let view = try EventView(validating: bytes.span, in: 0..<bytes.count)
        var json: [UInt8] = []
        view.appendJSON(bytes.span, to: &json)
        return json
    }
}
