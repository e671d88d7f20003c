import ConformanceKit
import Streams
import StreamsKafka
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(3)),
    .enabled(if: KafkaServer.isAvailable, "needs CARACAL_TEST_KAFKA")
)
struct KafkaProducerTests {
    @Test func aFullQueueMakesTheProducerWaitAndLosesNothing() async throws {
        let fixture = try await KafkaFixture()
        let producer = try fixture.producer(["buffer.memory": "65536", "compression.type": "none"])
        let count = 2_000
        var batch = KafkaBatch()
        for number in 0..<count {
            let value = "\(number)" + String(repeating: ".", count: 500)
            batch.append(key: nil, value: value.utf8, partition: 0)
        }
        try await producer.produce(batch, to: fixture.topic)
        try await producer.flush()
        #expect(producer.delivered == count)
        #expect(try await fixture.admin.offsets(of: 0, in: fixture.topic) == 0..<count)
        producer.close()
    }

    @Test func keysChooseThePartitionAsJavaDoes() async throws {
        let fixture = try await KafkaFixture(partitions: 4)
        let producer = try fixture.producer()
        var batch = KafkaBatch()
        batch.append(key: "foobar", value: "a".utf8)
        for _ in 0..<9 { batch.append(key: "21", value: "b".utf8) }
        try await producer.produce(batch, to: fixture.topic)
        try await producer.flush()
        var ends: [Int] = []
        for partition in 0..<4 {
            ends.append(
                try await fixture.admin.offsets(of: partition, in: fixture.topic).upperBound
            )
        }
        #expect(ends.reduce(0, +) == 10)
        // Kafka's own tests say what murmur2 makes of "21" and "foobar"; the sign is dropped.
        #expect(ends[Int(UInt32(bitPattern: -973_932_308) & 0x7FFF_FFFF) % 4] >= 9)
        #expect(ends[Int(UInt32(bitPattern: -790_332_482) & 0x7FFF_FFFF) % 4] >= 1)
        producer.close()
    }

    @Test func aRecordThatIsTooLargeIsRefusedByItsPlace() async throws {
        let fixture = try await KafkaFixture()
        let producer = try fixture.producer(["max.request.size": "2000"])
        var batch = KafkaBatch()
        batch.append(key: nil, value: [1], partition: 0)
        batch.append(key: nil, value: Array(repeating: 1, count: 5_000), partition: 0)
        batch.append(key: nil, value: [2], partition: 0)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.produce(batch, to: fixture.topic)
        }
        #expect(error?.kind == .recordTooLarge)
        #expect(error?.reason.hasPrefix("record 2 of 3") == true)
        try await producer.flush()
        #expect(try await fixture.admin.offsets(of: 0, in: fixture.topic) == 0..<1)
        producer.close()
    }

    @Test func whatIsNotDeliveredIsToldByTheFlush() async throws {
        let fixture = try await KafkaFixture()
        let producer = try fixture.producer()
        var batch = KafkaBatch()
        for number in 0..<3 { batch.append(key: nil, value: [7], partition: 5 + number) }
        var failure: KafkaError?
        do {
            try await producer.produce(batch, to: fixture.topic)
            try await producer.flush()
        } catch {
            failure = error as? KafkaError
        }
        #expect(failure?.kind == .unknownTopic)
        try await producer.flush()
        producer.close()
    }

    @Test func aTransactionIsVisibleWholeOrNotAtAll() async throws {
        let fixture = try await KafkaFixture()
        let settings = ["transactional.id": fixture.topic]
        let producer = try fixture.producer(settings)
        try await producer.initTransactions()
        try await producer.begin()
        var batch = KafkaBatch()
        batch.append(key: nil, value: "kept".utf8, partition: 0)
        try await producer.produce(batch, to: fixture.topic)
        try await producer.commit()
        try await producer.begin()
        try await producer.produce(batch, to: fixture.topic)
        // Another takes over: the first is fenced, and its transaction never was.
        let second = try fixture.producer(settings)
        try await second.initTransactions()
        let error = await #expect(throws: KafkaError.self) { try await producer.commit() }
        #expect(error?.kind == .fenced || error?.isFatal == true)
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        #expect(try await reader.read(to: 2).map(\.text) == ["kept"])
        await log.close()
        producer.close()
        second.close()
    }
}
