import ConformanceKit
import Foundation
import Streams
import StreamsKafka
import Synchronization
import Testing

/// A broker behind TLS, and what is said when it does not let the client in.
@Suite(
    .enabled(if: KafkaServer.isAvailable, "needs CARACAL_TEST_KAFKA"),
    .serialized,
    .timeLimit(.minutes(1))
)
struct KafkaTLSTests {
    private let server: KafkaServer

    init() throws { server = try KafkaServer.secured() }

    private func properties(
        _ door: KafkaServer.Door,
        _ more: [String: String] = [:]
    ) -> [String: String] {
        let own = [
            "bootstrap.servers": server.address(door),
            "security.protocol": door == .password ? "SASL_SSL" : "SSL",
            "ssl.truststore.type": "PEM", "ssl.truststore.location": server.certificate("ca.pem"),
        ]
        return own.merging(more) { $1 }
    }

    private var identity: [String: String] {
        [
            "ssl.certificate.location": server.certificate("client.pem"),
            "ssl.key.location": server.certificate("client.locked.key"),
            "ssl.key.password": KafkaServerCertificates.keyPassword,
        ]
    }

    private func login(_ password: String, _ mechanism: String = "PLAIN") -> [String: String] {
        [
            "sasl.mechanism": mechanism,
            "sasl.jaas.config":
                "org.apache.kafka.common.security.plain.PlainLoginModule required "
                + "username=\"writer\" password=\"\(password)\";",
        ]
    }

    /// A topic and a group of a name that no other test has.
    private func topic() throws -> String {
        let name = "t\(UUID().uuidString.prefix(8))"
        try server.run("create", name, "1")
        return name
    }

    // MARK: Let in

    @Test func producesAndReadsBehindTLS() async throws {
        try await expectWholeRoundTrip(properties(.tls))
    }

    @Test func producesAndReadsWithACertificateOfItsOwn() async throws {
        try await expectWholeRoundTrip(properties(.mutual, identity))
    }

    @Test func producesAndReadsWithAPassword() async throws {
        let name = try topic()
        for operation in ["Read", "Write", "Describe"] {
            try server.grant(operation, on: "topic", named: name)
        }
        try server.grant("Read", on: "group", named: name)
        try await expectWholeRoundTrip(properties(.password, login(KafkaServer.password)), name)
    }

    private func expectWholeRoundTrip(
        _ properties: [String: String],
        _ given: String? = nil
    ) async throws {
        let name = try given ?? topic()
        let producer = try KafkaProducer(settings: KafkaSettings(properties, for: .producer))
        var batch = KafkaBatch()
        for number in 0..<100 { batch.append(key: nil, value: "v\(number)".utf8, partition: 0) }
        try await producer.produce(batch, to: name)
        try await producer.flush()
        producer.close()
        let own = properties.merging(["group.id": name]) { $1 }
        let log = try KafkaEventLog(topic: name, settings: KafkaSettings(own, for: .consumer))
        #expect(try await log.nextChange() == .assigned([0]))
        var reader = try await log.reader(of: 0, from: 0)
        let records = try await reader.read(to: 100)
        #expect(records.map(\.text) == (0..<100).map { "v\($0)" })
        await log.close()
    }

    // MARK: Not let in

    @Test func namesACertificateThatHasExpired() async throws {
        try await expectRefusal(properties(.expired), "has expired")
    }

    @Test func namesACertificateOfAnotherHost() async throws {
        try await expectRefusal(properties(.stranger), "does not have this host's name")
    }

    @Test func namesAnAuthorityThatIsNotTrusted() async throws {
        let wrong = ["ssl.truststore.location": server.certificate("other.pem")]
        try await expectRefusal(properties(.tls, wrong), "ssl.truststore.location")
    }

    @Test func refusesAClientWithoutACertificate() async throws {
        try await expectRefusal(properties(.mutual), "ssl.keystore.location")
    }

    @Test func namesAWrongPassword() async throws {
        let properties = properties(.password, login("wr0ng-h0rse"))
        try await expectRefusal(properties, "sasl.password")
    }

    /// A client whose SCRAM a broker of Kafka 4 does not take says so; a newer one is let in.
    @Test func saysThatAnOldClientCannotDoSCRAM() async throws {
        let properties = properties(.password, login(KafkaServer.password, "SCRAM-SHA-512"))
        let admin = try KafkaAdmin(settings: KafkaSettings(properties, for: .admin))
        let error = await #expect(throws: KafkaError.self) {
            _ = try await admin.partitionCount(of: "none")
        }
        if error?.kind == .unknownTopic { return }
        #expect(error?.kind == .notAuthenticated)
        #expect(error?.reason.contains("2.6.1 or newer") == true, "\(String(describing: error))")
    }

    /// Both an administrator and a member of a group end within a bounded time, with the same words.
    private func expectRefusal(_ properties: [String: String], _ words: String) async throws {
        let begin = clock.now()
        let seen = Mutex("")
        let admin = try KafkaAdmin(
            settings: KafkaSettings(properties, for: .admin),
            timeout: .seconds(10)
        ) { event in seen.withLock { $0 += "\(event)" } }
        var error = await #expect(throws: KafkaError.self) {
            _ = try await admin.partitionCount(of: "any")
        }
        #expect(error?.kind == .notAuthenticated, "\(String(describing: error))")
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        error = await #expect(throws: KafkaError.self) {
            _ = try await admin.create([KafkaTopic("any")])
        }
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        let own = properties.merging(["group.id": "any"]) { $1 }
        let log = try KafkaEventLog(topic: "any", settings: KafkaSettings(own, for: .consumer)) {
            event in seen.withLock { $0 += "\(event)" }
        }
        error = await #expect(throws: KafkaError.self) { _ = try await log.nextChange() }
        #expect(error?.kind == .notAuthenticated)
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        await log.close()
        let soon = properties.merging(["delivery.timeout.ms": "1500"]) { $1 }
        let producer = try KafkaProducer(settings: KafkaSettings(soon, for: .producer))
        var batch = KafkaBatch()
        batch.append(key: nil, value: "v".utf8)
        try await producer.produce(batch, to: "any")
        error = await #expect(throws: KafkaError.self) { try await producer.flush() }
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        producer.close()
        #expect(clock.now() - begin < .seconds(8))
        seen.withLock { #expect(!$0.contains("h0rse"), "\($0)") }
    }

    // MARK: Let in, and not permitted

    @Test func namesWhatIsNotPermitted() async throws {
        let name = try topic()
        let own = properties(
            .password,
            login(KafkaServer.password).merging(["group.id": name]) { $1 }
        )
        let settings = try KafkaSettings(own, for: .consumer)
        let admin = try KafkaAdmin(settings: settings.adapted(to: .admin))
        var error = await #expect(throws: KafkaError.self) {
            _ = try await admin.partitionCount(of: name)
        }
        // Who may not see a topic is not told whether it is there.
        #expect(error?.kind == .notPermitted, "\(String(describing: error))")
        #expect(error?.reason.contains("Describe on the topic") == true)
        try server.grant("Read", on: "topic", named: name)
        let log = try KafkaEventLog(topic: name, settings: settings)
        error = await #expect(throws: KafkaError.self) { _ = try await log.nextChange() }
        #expect(error?.kind == .notPermitted, "\(String(describing: error))")
        #expect(error?.reason.contains("Read on the group '\(name)'") == true)
        await log.close()
    }
}
