import Testing

@testable import StreamsKafka

@Suite struct KafkaSettingsTests {
    private let required = ["bootstrap.servers": "a:9092", "group.id": "g"]

    private func consumer(_ more: [String: String]) throws(KafkaSettingsError) -> KafkaSettings {
        try KafkaSettings(required.merging(more) { $1 }, for: .consumer)
    }

    @Test func aConsumerHasTheDefaultsThatOperatorsRelyOn() throws {
        let settings = try consumer([:])
        #expect(settings.maxPollRecords == 500)
        for (name, value) in [
            ("enable.auto.commit", "false"), ("isolation.level", "read_committed"),
            ("fetch.min.bytes", "1"), ("fetch.wait.max.ms", "500"), ("auto.offset.reset", "error"),
            ("socket.nagle.disable", "true"), ("queued.min.messages", "250000"),
        ] {
            #expect(settings.value(of: name) == value, "\(name)")
        }
    }

    @Test func aProducerHasTheDefaultsThatOperatorsRelyOn() throws {
        let settings = try KafkaSettings(["bootstrap.servers": "a:9092"], for: .producer)
        for (name, value) in [
            ("enable.idempotence", "true"), ("acks", "all"), ("compression.type", "snappy"),
            ("linger.ms", "10"), ("batch.size", "32768"), ("queue.buffering.max.kbytes", "65536"),
            ("partitioner", "murmur2_random"), ("socket.nagle.disable", "true"),
        ] {
            #expect(settings.value(of: name) == value, "\(name)")
        }
        // librdkafka itself takes all of them.
        _ = try KafkaHandle(settings) { _ in }
    }

    @Test(arguments: [
        ("fetch.max.wait.ms", "50", "fetch.wait.max.ms", "50"),
        ("fetch.min.bytes", "1024", "fetch.min.bytes", "1024"),
        ("request.timeout.ms", "30000", "socket.timeout.ms", "30000"),
        ("receive.buffer.bytes", "-1", "socket.receive.buffer.bytes", "0"),
        (
            "partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
            "partition.assignment.strategy", "cooperative-sticky"
        ),
        (
            "partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.RangeAssignor, roundrobin",
            "partition.assignment.strategy", "range,roundrobin"
        ),
        (
            "ssl.endpoint.identification.algorithm", "", "ssl.endpoint.identification.algorithm",
            "none"
        ),
        ("ssl.truststore.location", "/ca.pem", "ssl.ca.location", "/ca.pem"),
        ("session.timeout.ms", "6000", "session.timeout.ms", "6000"),
        ("socket.keepalive.enable", "true", "socket.keepalive.enable", "true"),
    ])
    func namesOfConsumersAreTranslated(_ row: (String, String, String, String)) throws {
        let settings = try consumer([row.0: row.1])
        #expect(settings.value(of: row.2) == row.3)
    }

    @Test(arguments: [
        ("buffer.memory", "67108864", "queue.buffering.max.kbytes", "65536"),
        ("buffer.memory", "1025", "queue.buffering.max.kbytes", "2"),
        ("max.request.size", "2000000", "message.max.bytes", "2000000"),
        ("acks", "1", "acks", "1"),
        ("queue.buffering.max.ms", "5", "queue.buffering.max.ms", "5"),
    ])
    func namesOfProducersAreTranslated(_ row: (String, String, String, String)) throws {
        let given = ["bootstrap.servers": "a:9092", row.0: row.1]
        let settings = try KafkaSettings(given, for: .producer)
        #expect(settings.value(of: row.2) == row.3)
    }

    @Test func allProblemsAreToldAtOnceByName() throws {
        let error = #expect(throws: KafkaSettingsError.self) {
            try KafkaSettings(
                [
                    "fetch.min.bites": "1", "fetch.min.bytes": "-7", "max.poll.records": "0",
                    "enable.auto.commit": "true", "auto.offset.reset": "earliest",
                    "batch.size": "1", "queued.min.messages": "1", "isolation.level": "maybe",
                    "ssl.truststore.type": "JKS", "key.deserializer": "x",
                    "partition.assignment.strategy": "sticky",
                    "fetch.max.wait.ms": "5", "fetch.wait.max.ms": "5", "client.id": "a\0b",
                ],
                for: .consumer
            )
        }
        #expect(
            error?.problems.map(\.name) == [
                "auto.offset.reset", "batch.size", "bootstrap.servers", "client.id",
                "enable.auto.commit", "fetch.min.bites", "fetch.min.bytes", "fetch.wait.max.ms",
                "group.id", "isolation.level", "key.deserializer", "max.poll.records",
                "partition.assignment.strategy", "queued.min.messages", "ssl.truststore.type",
            ]
        )
        #expect(error?.problems.first { $0.name == "fetch.min.bites" }?.reason == "is unknown")
    }

    @Test func passwordsStandInNoText() throws {
        let jaas =
            #"org.apache.kafka.common.security.plain.PlainLoginModule required "#
            + #"username="writer" password="hush\"1";"#
        let settings = try consumer(["sasl.jaas.config": jaas, "ssl.key.password": "hush2"])
        #expect(settings.value(of: "sasl.username") == "writer")
        #expect(settings.value(of: "sasl.password") == #"hush"1"#)
        #expect(!settings.description.contains("hush"))
        #expect(settings.description.contains("sasl.username=writer"))
        let error = #expect(throws: KafkaSettingsError.self) {
            try consumer(["sasl.password": "hush\0", "sasl.jaas.config": "hush"])
        }
        #expect(error?.problems.count == 2)
        #expect(error?.description.contains("hush") == false)
    }

    @Test func theConnectionIsCarriedOverToAnotherRole() throws {
        let settings = try consumer(["security.protocol": "SSL", "max.poll.records": "7"])
        let admin = try settings.adapted(to: .admin)
        #expect(admin.value(of: "security.protocol") == "SSL")
        #expect(admin.value(of: "group.id") == nil)
        #expect(settings.maxPollRecords == 7)
    }
}
