import ConformanceKit
import Foundation
import Streams
import StreamsKafka
import Synchronization
import Testing

/// Time for tests that wait for servers.
let clock = GraphClock(ContinuousClock())

/// A topic of its own on the broker that the tests share.
struct KafkaFixture: Sendable {
    let server: KafkaServer
    let topic: String
    let admin: KafkaAdmin

    init(partitions: Int = 1, configuration: [String: String] = [:]) async throws {
        var random = SystemRandomNumberGenerator()
        server = try KafkaServer.shared()
        topic = "topic-\(UInt32.random(in: 0...UInt32.max, using: &random))"
        admin = try KafkaAdmin(
            settings: KafkaSettings(["bootstrap.servers": server.bootstrap], for: .admin)
        )
        let made = KafkaTopic(topic, partitions: partitions, configuration: configuration)
        let outcomes = try await admin.create([made])
        #expect(outcomes == [topic: .created])
        // The broker may learn of it a moment later than the controller.
        let deadline = clock.now() + .seconds(10)
        while clock.now() < deadline {
            do {
                if try await admin.partitionCount(of: topic) == partitions { break }
            } catch {
                #expect(error.kind == .unknownTopic)
            }
            try await clock.sleep(clock.now() + .milliseconds(20))
        }
    }

    func consumer(_ more: [String: String] = [:]) throws -> KafkaEventLog {
        let given = ["bootstrap.servers": server.bootstrap, "group.id": "group-\(topic)"]
        let settings = try KafkaSettings(given.merging(more) { $1 }, for: .consumer)
        return try KafkaEventLog(topic: topic, settings: settings)
    }

    func producer(_ more: [String: String] = [:]) throws -> KafkaProducer {
        let given = ["bootstrap.servers": server.bootstrap, "linger.ms": "1"]
        let settings = try KafkaSettings(given.merging(more) { $1 }, for: .producer)
        return try KafkaProducer(settings: settings)
    }

    /// Has the broker drop what is before an offset, as retention does.
    func deleteRecords(before offset: Int) throws {
        let file = server.folder + "/\(topic).json"
        let list =
            #"{"partitions":[{"topic":"\#(topic)","partition":0,"offset":\#(offset)}],"version":1}"#
        try list.write(toFile: file, atomically: true, encoding: .utf8)
        try server.tool(
            "org.apache.kafka.tools.DeleteRecordsCommand",
            "--bootstrap-server",
            server.bootstrap,
            "--offset-json-file",
            file
        )
    }

    func produce(_ values: [String], to partition: Int = 0) async throws {
        let producer = try producer()
        defer { producer.close() }
        var batch = KafkaBatch()
        for value in values { batch.append(key: nil, value: value.utf8, partition: partition) }
        try await producer.produce(batch, to: topic)
        try await producer.flush()
    }
}

/// A record as tests compare it.
struct ReadRecord: Equatable {
    let offset: Int
    let text: String
    var producer = ""
    var sequence = -1
}

extension KafkaReader {
    /// Polls until the ranges reach `end`; each begins where the one before ended.
    mutating func read(from: Int = 0, to end: Int) async throws -> [ReadRecord] {
        let deadline = clock.now() + .seconds(20)
        var position = from
        var records: [ReadRecord] = []
        while position < end {
            var chunk = Chunk<LogRecord>()
            switch try poll(into: &chunk, limit: ChunkLimit()) {
            case .elements(let range):
                #expect(range.lower == position)
                position = range.upper
                for element in chunk.elements {
                    let record = ReadRecord(
                        offset: element.offset,
                        text: String(decoding: chunk.bytes[element.range], as: UTF8.self),
                        producer: String(
                            decoding: chunk.bytes[element.producerRange],
                            as: UTF8.self
                        ),
                        sequence: element.sequence
                    )
                    records.append(record)
                }
            case .nothing:
                try #require(clock.now() < deadline, "nothing more came after \(position)")
                try await wait(until: deadline, on: clock)
            case .finished:
                Issue.record("a topic has no end")
                return records
            }
        }
        return records
    }
}

/// Appends to one partition by a producer, and drops what a producer has appended before.
///
/// Only this process appends, so that the highest numbers are known.
final class TestAppender: EventLogAppender {
    private let fixture: KafkaFixture
    private let producer: KafkaProducer
    private let highest = Mutex<[String: Int]>([:])

    static let recordLimit = 65_535

    init(_ fixture: KafkaFixture) throws {
        self.fixture = fixture
        producer = try fixture.producer()
    }

    func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended {
        guard partition == 0 else { throw .noSuchPartition(partition) }
        if let large = records.first(where: { Int($0.count) > Self.recordLimit }) {
            throw .recordTooLarge(byteCount: Int(large.count), limit: Self.recordLimit)
        }
        var batch = KafkaBatch()
        highest.withLock { highest in
            for record in records {
                let name = String(decoding: bytes[record.producerRange], as: UTF8.self)
                if !name.isEmpty, record.sequence >= 0 {
                    guard record.sequence > highest[name] ?? -1 else { continue }
                    highest[name] = record.sequence
                }
                batch.append(key: nil, value: bytes[record.range], partition: 0)
                if !name.isEmpty { batch.addHeader(KafkaHeaders.producer, name.utf8) }
                if record.sequence != -1 {
                    batch.addHeader(KafkaHeaders.sequence, String(record.sequence).utf8)
                }
            }
        }
        do {
            try await producer.produce(batch, to: fixture.topic)
            try await producer.flush()
            let end = try await fixture.admin.offsets(of: 0, in: fixture.topic).upperBound
            return Appended(
                offsets: end - batch.count..<end,
                alreadyThere: records.count - batch.count
            )
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }
}
