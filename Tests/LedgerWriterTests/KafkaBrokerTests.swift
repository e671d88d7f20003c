import ConformanceKit
import Foundation
import StreamsKafka
import Synchronization
import Testing

/// Three brokers, of which one dies and comes back.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .timeLimit(.minutes(3)))
struct KafkaBrokerTests {
    @Test func losesAndDoublesNothingWhenABrokerDies() async throws {
        let server = try KafkaServer(
            options: ["--brokers", "3"],
            // Others take over soon.
            properties: ["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500"]
        )
        try await Stack.with(partitions: 4, on: server) { stack in
            let all = (0..<3).map { "127.0.0.1:\(server.port + $0)" }.joined(separator: ",")
            let writer = try stack.writer(["kafka.bootstrap.servers": all])
            let load = Load(stack, servers: all)
            let producing = Task { try await load.run() }
            try await stack.waitUntil(done: 500)
            try server.run("kill", "2")
            let before = try stack.sums().done
            // With two of three everything goes on.
            try await stack.waitUntil(done: before + 500)
            try server.run("revive", "2")
            load.finish()
            let produced = try await producing.value
            try await stack.waitUntil(done: produced)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == produced && Set(ids).count == produced)
            // In each log the events of an agent stand as they were produced.
            var last: [Int: Int] = [:]
            for id in ids {
                let number = try #require(Int(id.dropFirst("e-test-".count)))
                #expect(number > last[number % 64] ?? -1)
                last[number % 64] = number
            }
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }

    /// Produces until it is told to finish, each batch on all replicas in sync before the next.
    private final class Load: Sendable {
        private let topic: String
        private let servers: String
        private let isFinished = Mutex(false)

        init(_ stack: Stack, servers: String) {
            topic = stack.topic
            self.servers = servers
        }

        func finish() { isFinished.withLock { $0 = true } }

        /// - Returns: How many events were produced.
        func run() async throws -> Int {
            let settings = try KafkaSettings(
                ["bootstrap.servers": servers, "acks": "all", "linger.ms": "1"],
                for: .producer
            )
            let producer = try KafkaProducer(settings: settings)
            defer { producer.close() }
            var number = 0
            while !isFinished.withLock({ $0 }) {
                var batch = KafkaBatch()
                for _ in 0..<50 {
                    batch.append(key: "agent-\(number % 64)", value: Stack.event(number))
                    number += 1
                }
                try await producer.produce(batch, to: topic)
                try await producer.flush()
                try await Task.sleep(for: .milliseconds(20))
            }
            return number
        }
    }
}
