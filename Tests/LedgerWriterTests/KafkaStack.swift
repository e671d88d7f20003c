import ConformanceKit
import Foundation

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
