import ConformanceKit
import Foundation
import StreamsKafka
import Testing

/// How a `ledger-writer` ends when Kafka does not let it in, and that it works where it does.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized, .timeLimit(.minutes(2)))
struct KafkaTrustTests {
    private func settings(
        _ server: KafkaServer,
        _ door: KafkaServer.Door,
        _ more: [String: String] = [:]
    ) -> [String: String] {
        let own = [
            "kafka.bootstrap.servers": server.address(door),
            "kafka.security.protocol": door == .password ? "SASL_SSL" : "SSL",
            "kafka.ssl.truststore.location": server.certificate("ca.pem"),
            "start.deadline": "20 s",
        ]
        return own.merging(more) { $1 }
    }

    private func login(_ password: String) -> [String: String] {
        [
            "kafka.sasl.mechanism": "PLAIN", "kafka.sasl.username": "writer",
            "kafka.sasl.password": password,
        ]
    }

    private func expectEnd(
        _ stack: Stack,
        _ settings: [String: String],
        code: Int32,
        _ words: String
    ) throws {
        let begin = ContinuousClock.now
        let outcome = try Programs.run("ledger-writer", stack.words(settings))
        #expect(outcome.code == code, "\(words): \(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)")
        #expect(!outcome.errors.contains("h0rse") && !outcome.output.contains("h0rse"))
        // Far from the start deadline: what does not pass by itself is not waited for.
        #expect(ContinuousClock.now - begin < .seconds(10), "\(words)")
    }

    @Test func saysWhyItIsNotLetIn() async throws {
        let server = try KafkaServer.secured()
        try await Stack.with(partitions: 1, on: server) { stack in
            try expectEnd(stack, settings(server, .expired), code: 77, "has expired")
            try expectEnd(
                stack,
                settings(server, .stranger),
                code: 77,
                "does not have this host's name"
            )
            let other = ["kafka.ssl.truststore.location": server.certificate("other.pem")]
            try expectEnd(
                stack,
                settings(server, .tls, other),
                code: 77,
                "not of an authority that is trusted"
            )
            try expectEnd(
                stack,
                settings(server, .mutual),
                code: 77,
                "wants a certificate of this client"
            )
            try expectEnd(
                stack,
                settings(server, .password, login("wr0ng-h0rse")),
                code: 77,
                "sasl.password"
            )
            if KafkaEventLog.libraryVersion.hasPrefix("2.0.") {
                let scram = login(KafkaServer.password)
                    .merging(["kafka.sasl.mechanism": "SCRAM-SHA-512"]) { $1 }
                try expectEnd(
                    stack,
                    settings(server, .password, scram),
                    code: 77,
                    "use 2.6.1 or newer, or sasl.mechanism=PLAIN"
                )
            }
        }
    }

    /// Files that are not there, and a password that does not open the key, are bad settings.
    @Test func saysWhichOfItsFilesIsWrong() async throws {
        let server = try KafkaServer.secured()
        try await Stack.with(partitions: 1, on: server) { stack in
            let none = ["kafka.ssl.truststore.location": "/nonexistent/ca.pem"]
            try expectEnd(stack, settings(server, .tls, none), code: 78, "/nonexistent/ca.pem")
            let locked = [
                "kafka.ssl.certificate.location": server.certificate("client.pem"),
                "kafka.ssl.key.location": server.certificate("client.locked.key"),
                "kafka.ssl.key.password": "wr0ng-h0rse",
            ]
            try expectEnd(stack, settings(server, .mutual, locked), code: 78, "ssl.key.location")
        }
    }

    @Test func saysWhatItIsNotPermitted() async throws {
        let server = try KafkaServer.secured()
        try await Stack.with(partitions: 1, on: server) { stack in
            let settings = settings(server, .password, login(KafkaServer.password))
            try expectEnd(stack, settings, code: 77, "grant the user Describe on the topic")
            try server.grant("Read", on: "topic", named: stack.topic)
            try expectEnd(stack, settings, code: 77, "Read on the group '\(stack.group)'")
        }
    }

    @Test func saysThatNoBrokerIsThere() async throws {
        try await Stack.with(partitions: 1, on: KafkaServer.secured()) { stack in
            let nowhere = ["kafka.bootstrap.servers": "127.0.0.1:1", "start.deadline": "2 s"]
            try expectEnd(stack, nowhere, code: 69, "Connection refused")
            // To a broker that speaks TLS without it.
            let plain = [
                "kafka.bootstrap.servers": stack.kafka.address(.tls), "start.deadline": "2 s",
            ]
            try expectEnd(stack, plain, code: 69, "security.protocol")
        }
    }

    /// TLS on both sides, with a key under a password that nobody gets to see.
    @Test func worksBehindTLS() async throws {
        let server = try KafkaServer.secured()
        try await Stack.with(partitions: 2, on: server) { stack in
            let identity = [
                "kafka.ssl.certificate.location": server.certificate("client.pem"),
                "kafka.ssl.key.location": server.certificate("client.locked.key"),
                "kafka.ssl.key.password": KafkaServerCertificates.keyPassword,
            ]
            let writer = try stack.writer(settings(server, .mutual, identity))
            try await stack.produce((0..<300).map { Stack.event($0) })
            try await stack.waitUntil(done: 300)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            #expect(!writer.errors.contains(KafkaServerCertificates.keyPassword))
            #expect(try stack.caracal("verify").code == 0)
        }
    }
}
