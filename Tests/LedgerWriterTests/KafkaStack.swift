import ConformanceKit
import Foundation
import Testing

/// What operators do to a topic and a group with Kafka's own tools, and what a stack's logs hold.
extension Stack {
    /// Has the topic so many partitions.
    func grow(to count: Int) throws {
        try kafka.tool(
            "org.apache.kafka.tools.TopicCommand",
            "--bootstrap-server",
            kafka.bootstrap,
            "--alter",
            "--topic",
            topic,
            "--partitions",
            "\(count)"
        )
    }

    /// Moves what the group has committed, of which nobody may be a member: `--to-latest` and others.
    func resetOffsets(_ place: String) throws {
        try kafka.tool(
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            "--bootstrap-server",
            kafka.bootstrap,
            "--group",
            group,
            "--topic",
            topic,
            "--reset-offsets",
            place,
            "--execute"
        )
    }

    func deleteTopic() throws {
        try kafka.tool(
            "org.apache.kafka.tools.TopicCommand",
            "--bootstrap-server",
            kafka.bootstrap,
            "--delete",
            "--topic",
            topic
        )
    }

    /// Writes a hundred events, has the topic deleted and made again with other events, and expects
    /// that the partition stands still and its ledger is as it was.
    ///
    /// - Parameters:
    ///   - numbers: The events of the new topic.
    ///   - isRunning: Whether the writer runs meanwhile, or is started afterwards.
    ///   - environment: The writer's.
    ///   - reason: What the writer has to say.
    /// - Throws: What the tools, the writer or the database refuse.
    func expectStandstill(
        afterMakingTheTopicAgainWith numbers: Range<Int>,
        isRunning: Bool,
        environment: [String: String] = [:],
        saying reason: String
    ) async throws {
        let settings = ["kafka.metadata.max.age.ms": "500"]
        var running = try writer(settings, environment: environment)
        try await produce((0..<100).map { Stack.event($0) })
        try await waitUntil(done: 100)
        if !isRunning {
            running.signal(SIGTERM)
            #expect(running.wait() == 0)
        }
        try deleteTopic()
        try kafka.run("create", topic, "1")
        try await produce(numbers.map { Stack.event($0) })
        if !isRunning { running = try writer(settings, environment: environment) }
        let end = Date(timeIntervalSinceNow: 30)
        while !running.errors.contains("a partition stands still"), Date.now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(running.errors.contains(reason), "\(running.errors)")
        running.signal(SIGTERM)
        #expect(running.wait() == 0)
        #expect(try eventIDs().count == 100)
        #expect(try caracal("verify").code == 0)
    }

    /// The logs of `caracal status`, by partition.
    func logs() throws -> [(partition: Int, size: Int, cursor: Int)] {
        let outcome = try caracal("status", "--json")
        let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let logs = (json as? [String: Any])?["logs"] as? [[String: Any]] ?? []
        return logs.map { log in
            func number(_ name: String) -> Int { log[name] as? Int ?? -1 }
            return (number("partition"), number("size"), number("cursor"))
        }
    }

    /// An entry as `caracal entries` has it.
    struct Entry {
        let index: Int
        let id: String
        let cost: Decimal
    }

    /// The entries of all partitions, one after another, in their order.
    func entries() throws -> [Entry] {
        try caracal("entries").output.split(separator: "\n").map { line in
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let entry = json as? [String: Any] ?? [:]
            return Entry(
                index: entry["index"] as? Int ?? -1,
                id: entry["event_id"] as? String ?? "",
                cost: Decimal(string: entry["cost"] as? String ?? "") ?? -1
            )
        }
    }
}
