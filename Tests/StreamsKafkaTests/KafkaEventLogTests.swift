import ConformanceKit
import Streams
import StreamsKafka
import Synchronization
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: KafkaServer.isAvailable, "needs CARACAL_TEST_KAFKA")
)
struct KafkaEventLogTests {
    @Test func itIsAnEventLog() async throws {
        let suite = EventLogConformance(clock: clock) {
            let fixture = try await KafkaFixture()
            let appender = try TestAppender(fixture)
            let settings = ["fetch.max.wait.ms": "20"]
            return EventLogConformance.Fixture(
                appender: appender,
                member: try fixture.consumer(settings),
                recordLimit: TestAppender.recordLimit
            ) {
                EventLogConformance.Fixture(
                    appender: appender,
                    member: try fixture.consumer(settings),
                    recordLimit: TestAppender.recordLimit
                )
            }
        }
        try await suite.runAll()
    }

    @Test func everythingProducedIsReadBackInOrder() async throws {
        let fixture = try await KafkaFixture(partitions: 3)
        let producer = try fixture.producer()
        let count = 20_000
        for partition in 0..<3 {
            var batch = KafkaBatch()
            for number in 0..<count {
                batch.append(key: "k", value: "\(partition)-\(number)".utf8, partition: partition)
                if number % 2 == 0 { batch.addProducer("p\(number % 3)", number) }
            }
            try await producer.produce(batch, to: fixture.topic)
        }
        try await producer.flush()
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0, 1, 2]))
        for partition in 0..<3 {
            var reader = try await log.reader(of: partition, from: 0)
            let records = try await reader.read(to: count)
            let expected = (0..<count).map { number in
                number % 2 == 0
                    ? ReadRecord(
                        offset: number,
                        text: "\(partition)-\(number)",
                        producer: "p\(number % 3)",
                        sequence: number
                    )
                    : ReadRecord(offset: number, text: "\(partition)-\(number)")
            }
            #expect(records == expected)
            #expect(log.end(of: partition) == count)
        }
        await log.close()
    }

    @Test func aSlowReaderPausesItsPartitionAndMissesNothing() async throws {
        let fixture = try await KafkaFixture(partitions: 2)
        let text = String(repeating: "x", count: 1_000)
        let producer = try fixture.producer()
        for partition in 0..<2 {
            for _ in 0..<30 {
                var batch = KafkaBatch()
                for _ in 0..<500 { batch.append(key: nil, value: text.utf8, partition: partition) }
                try await producer.produce(batch, to: fixture.topic)
            }
        }
        try await producer.flush()
        let given = ["bootstrap.servers": fixture.server.bootstrap, "group.id": fixture.topic]
        let log = try KafkaEventLog(
            topic: fixture.topic,
            settings: KafkaSettings(given, for: .consumer),
            bufferedBytes: 1 << 20
        )
        #expect(try await log.nextChange() == .assigned([0, 1]))
        var first = try await log.reader(of: 0, from: 0)
        var second = try await log.reader(of: 1, from: 0)
        // Both fill up and pause while nobody polls.
        try await clock.sleep(clock.now() + .seconds(2))
        async let one = first.read(to: 15_000)
        #expect(try await second.read(to: 15_000).map(\.offset) == Array(0..<15_000))
        #expect(try await one.map(\.offset) == Array(0..<15_000))
        await log.close()
    }

    @Test func abortedTransactionsAreCoveredByRanges() async throws {
        let fixture = try await KafkaFixture()
        let producer = try fixture.producer(["transactional.id": fixture.topic])
        try await producer.initTransactions()
        for (text, isKept) in [("a", true), ("b", false), ("c", false), ("d", true), ("e", false)] {
            try await producer.begin()
            var batch = KafkaBatch()
            for _ in 0..<3 { batch.append(key: nil, value: text.utf8, partition: 0) }
            try await producer.produce(batch, to: fixture.topic)
            try await producer.flush()
            if isKept { try await producer.commit() } else { try await producer.abort() }
        }
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        // Three records and a marker for each transaction.
        let records = try await reader.read(to: 20)
        #expect(records.map(\.offset) == [0, 1, 2, 12, 13, 14])
        #expect(records.map(\.text) == ["a", "a", "a", "d", "d", "d"])
        // From within what was aborted.
        var other = try await log.reader(of: 0, from: 5)
        #expect(try await other.read(from: 5, to: 20).map(\.offset) == [12, 13, 14])
        await log.close()
    }

    @Test func tombstonesAreEmptyAndBrokenHeadersAreNone() async throws {
        let fixture = try await KafkaFixture()
        let producer = try fixture.producer()
        var batch = KafkaBatch()
        batch.append(key: nil, value: nil, partition: 0)
        for sequence in ["-", "01", "", "9223372036854775808", "x", "1 "] {
            batch.append(key: "\u{1}", value: "v".utf8, partition: 0)
            batch.addHeader("caracal-producer", "p".utf8)
            batch.addHeader("caracal-sequence", sequence.utf8)
        }
        batch.append(key: nil, value: "v".utf8, partition: 0)
        batch.addHeader("caracal-producer", [0xFF, 0xFE])
        batch.addHeader("caracal-sequence", "1".utf8)
        batch.append(key: nil, value: [], partition: 0)
        batch.addProducer("p", .max)
        try await producer.produce(batch, to: fixture.topic)
        try await producer.flush()
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        let records = try await reader.read(to: 9)
        #expect(records.map(\.text) == ["", "v", "v", "v", "v", "v", "v", "v", ""])
        #expect(records.map(\.sequence) == [-1, -1, -1, -1, -1, -1, -1, 1, .max])
        #expect(records.map(\.producer) == ["", "p", "p", "p", "p", "p", "p", "", "p"])
        await log.close()
    }

    @Test func whatRetentionHasTakenIsAnErrorAndNeverSkipped() async throws {
        let fixture = try await KafkaFixture()
        try await fixture.produce((0..<10).map { "\($0)" })
        try fixture.deleteRecords(before: 4)
        let log = try fixture.consumer(["fetch.max.wait.ms": "50"])
        #expect(try await log.nextChange() == .assigned([0]))
        for offset in [3, 11] {
            let error = EventLogError.offsetOutOfRange(
                partition: 0,
                offset: offset,
                begin: 4,
                end: 10
            )
            await #expect(throws: error) { _ = try await log.reader(of: 0, from: offset) }
        }
        var reader = try await log.reader(of: 0, from: 4)
        #expect(
            try await reader.read(from: 4, to: 10).map(\.text) == ["4", "5", "6", "7", "8", "9"]
        )
        await log.close()
    }

    @Test(arguments: ["range", "cooperative-sticky"])
    func partitionsChangeHandsOnlyAfterTheirRelease(strategy: String) async throws {
        let fixture = try await KafkaFixture(partitions: 2)
        let settings = ["partition.assignment.strategy": strategy]
        let first = try fixture.consumer(settings)
        #expect(try await first.nextChange() == .assigned([0, 1]))
        try await fixture.produce(["a"], to: 0)
        try await fixture.produce(["b"], to: 1)
        var readers = [
            try await first.reader(of: 0, from: 0), try await first.reader(of: 1, from: 0),
        ]
        #expect(try await readers[0].read(to: 1).map(\.text) == ["a"])

        let second = try fixture.consumer(settings)
        guard case .revoked(let asked)? = try await first.nextChange() else {
            Issue.record("nothing was revoked")
            return
        }
        #expect(asked == (strategy == "range" ? [0, 1] : asked.prefix(1).map { $0 }))
        let order = Mutex<[String]>([])
        async let received = {
            let change = try await second.nextChange()
            order.withLock { $0.append("assigned") }
            return change
        }()
        // What was fetched may still be read and finished; nobody else has it yet.
        if asked.contains(1) { #expect(try await readers[1].read(to: 1).map(\.text) == ["b"]) }
        try await clock.sleep(clock.now() + .milliseconds(300))
        for partition in asked {
            order.withLock { $0.append("released") }
            await first.release([partition])
        }
        await #expect(throws: EventLogError.notAssigned(partition: asked[0])) {
            _ = try await first.reader(of: asked[0], from: 0)
        }
        guard case .assigned(let taken)? = try await received else {
            Issue.record("the second member got nothing")
            return
        }
        #expect(taken.count == 1)
        #expect(order.withLock { $0 } == asked.map { _ in "released" } + ["assigned"])
        var reader = try await second.reader(of: taken[0], from: 0)
        #expect(try await reader.read(to: 1).map(\.text) == [taken[0] == 0 ? "a" : "b"])
        if strategy == "range" {
            #expect(try await first.nextChange() == .assigned([1 - taken[0]]))
        } else {
            // The partition that stays was never interrupted.
            let kept = 1 - taken[0]
            try await fixture.produce(["more"], to: kept)
            let from = kept == 0 ? 1 : 0
            let more = try await readers[kept].read(from: from, to: 2)
            #expect(more.last?.text == "more")
        }
        await second.close()
        await first.close()
        #expect(try await first.nextChange() == nil)
    }

    @Test func partitionsReleasedOneByOneAllGoToTheOthers() async throws {
        let fixture = try await KafkaFixture(partitions: 6)
        let settings = ["partition.assignment.strategy": "cooperative-sticky"]
        let first = try fixture.consumer(settings)
        #expect(try await first.nextChange() == .assigned([0, 1, 2, 3, 4, 5]))
        let second = try fixture.consumer(settings)
        guard case .revoked(let asked)? = try await first.nextChange() else {
            Issue.record("nothing was revoked")
            return
        }
        #expect(asked.count == 3)
        for partition in asked {
            await first.acknowledge(partition, upTo: 0)
            await first.release([partition])
        }
        #expect(try await second.nextChange() == .assigned(asked))
        // What was acknowledged before the release is what the group knows.
        let group = "group-\(fixture.topic)"
        let committed = try await fixture.admin.committed(by: group, in: fixture.topic)
        #expect(committed.keys.sorted() == asked)
        // The second leaves, and the first has them all again.
        await second.close()
        #expect(try await first.nextChange() == .assigned(asked))
        await first.close()
    }

    @Test func acknowledgedOffsetsAreSeenByTheGroup() async throws {
        let fixture = try await KafkaFixture()
        try await fixture.produce(["a", "b", "c"])
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0]))
        await log.acknowledge(0, upTo: 2)
        await log.close()
        let group = "group-\(fixture.topic)"
        #expect(try await fixture.admin.committed(by: group, in: fixture.topic) == [0: 2])
        try await fixture.admin.forget([0], of: fixture.topic, by: group)
        #expect(try await fixture.admin.committed(by: group, in: fixture.topic) == [:])
    }

    @Test func aMemberWhoseStaticIdIsTakenIsToldSo() async throws {
        let fixture = try await KafkaFixture()
        let settings = ["group.instance.id": "writer-1"]
        let first = try fixture.consumer(settings)
        #expect(try await first.nextChange() == .assigned([0]))
        var reader = try await first.reader(of: 0, from: 0)
        let second = try fixture.consumer(settings)
        #expect(try await second.nextChange() == .assigned([0]))
        let error = await #expect(throws: KafkaError.self) {
            while let change = try await first.nextChange() { #expect(change == .lost([0])) }
        }
        #expect(error?.isFatal == true)
        #expect(error?.name == "FENCED_INSTANCE_ID")
        #expect(throws: (any Error).self) {
            var chunk = Chunk<LogRecord>()
            _ = try reader.poll(into: &chunk, limit: ChunkLimit())
        }
        await first.close()
        await second.close()
    }

    @Test func aWrongPasswordEndsTheWaitWithAClearText() async throws {
        let server = try KafkaServer(options: ["--sasl", "writer:secret"])
        func log(_ password: String) throws -> KafkaEventLog {
            let given = [
                "bootstrap.servers": "127.0.0.1:\(server.port + 300)", "group.id": "g",
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                "sasl.jaas.config":
                    #"org.apache.kafka.common.security.plain.PlainLoginModule required "#
                    + #"username="writer" password="\#(password)";"#,
            ]
            return try KafkaEventLog(
                topic: "topic",
                settings: KafkaSettings(given, for: .consumer)
            )
        }
        let refused = try log("guess")
        let error = await #expect(throws: KafkaError.self) { _ = try await refused.nextChange() }
        #expect(error?.kind == .notAuthenticated)
        #expect(error?.description.contains("guess") == false)
        await refused.close()

        let settings = [
            "bootstrap.servers": "127.0.0.1:\(server.port + 300)", "sasl.username": "writer",
            "sasl.password": "secret", "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
        ]
        let admin = try KafkaAdmin(settings: KafkaSettings(settings, for: .admin))
        #expect(try await admin.create([KafkaTopic("topic")]) == ["topic": .created])
        let taken = try log("secret")
        #expect(try await taken.nextChange() == .assigned([0]))
        await taken.close()
    }

    @Test func whatNobodyAskedBackStaysHeldAfterItsRelease() async throws {
        let fixture = try await KafkaFixture()
        try await fixture.produce(["a", "b"])
        let log = try fixture.consumer()
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        #expect(try await reader.read(to: 2).count == 2)
        await log.release([0])
        #expect(throws: EventLogError.notAssigned(partition: 0)) {
            var chunk = Chunk<LogRecord>()
            _ = try reader.poll(into: &chunk, limit: ChunkLimit())
        }
        var again = try await log.reader(of: 0, from: 1)
        #expect(try await again.read(from: 1, to: 2).map(\.text) == ["b"])
        await log.close()
    }

    @Test func aBrokerThatDiesAndComesBackIsReadOn() async throws {
        let server = try KafkaServer()
        let given = ["bootstrap.servers": server.bootstrap]
        let admin = try KafkaAdmin(settings: KafkaSettings(given, for: .admin))
        _ = try await admin.create([KafkaTopic("topic", partitions: 1)])
        let producer = try KafkaProducer(settings: KafkaSettings(given, for: .producer))
        var batch = KafkaBatch()
        batch.append(key: nil, value: "before".utf8, partition: 0)
        try await producer.produce(batch, to: "topic")
        try await producer.flush()

        let (errors, sender) = AsyncStream<KafkaError>.makeStream()
        let log = try KafkaEventLog(
            topic: "topic",
            settings: KafkaSettings(given.merging(["group.id": "g"]) { $1 }, for: .consumer)
        ) { if case .error(let error) = $0 { sender.yield(error) } }
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        #expect(try await reader.read(to: 1).map(\.text) == ["before"])
        try server.run("kill", "1")
        for await error in errors where error.kind == .unreachable { break }
        try server.run("revive", "1")
        batch.removeAll()
        batch.append(key: nil, value: "after".utf8, partition: 0)
        try await producer.produce(batch, to: "topic")
        try await producer.flush()
        #expect(try await reader.read(from: 1, to: 2).map(\.text) == ["after"])
        producer.close()
        await log.close()
    }

    @Test func anAbsentBrokerIsReportedAndWaitedFor() async throws {
        let (events, sender) = AsyncStream<KafkaEvent>.makeStream()
        let given = ["bootstrap.servers": "127.0.0.1:1", "group.id": "g"]
        let log = try KafkaEventLog(
            topic: "t",
            settings: KafkaSettings(given, for: .consumer)
        ) { sender.yield($0) }
        var kinds: [KafkaError.Kind] = []
        for await case .error(let error) in events {
            kinds.append(error.kind)
            if kinds.count == 2 { break }
        }
        #expect(kinds == [.unreachable, .unreachable])
        await log.close()
        #expect(try await log.nextChange() == nil)
    }
}
