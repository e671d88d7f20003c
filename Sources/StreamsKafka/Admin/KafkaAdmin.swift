import Streams

/// Makes topics and asks about topics and groups.
///
/// Calls are done one after another. One that no broker lets in ends at once, and says why.
public final class KafkaAdmin: Sendable {
    private let handle: KafkaHandle
    private let calls = BlockingExecutor(label: "caracal.kafka.admin")
    private let milliseconds: Int32

    /// Makes a client; whether a broker is there shows with the first call.
    ///
    /// - Parameters:
    ///   - settings: Of an administrator.
    ///   - timeout: How long a call may take; at least a millisecond.
    ///   - observe: Told of the client's log, on threads of the client; returns at once.
    /// - Throws: ``KafkaError`` if the settings contradict each other or name files that cannot be
    ///   read.
    public init(
        settings: KafkaSettings,
        timeout: Duration = .seconds(15),
        observe: @escaping @Sendable (KafkaEvent) -> Void = { _ in }
    ) throws(KafkaError) {
        precondition(settings.role == .admin, "an administrator has settings of its own")
        milliseconds = Int32(max(1, min(3_600_000, timeout / .milliseconds(1))))
        handle = try KafkaHandle(settings, observe: observe)
    }

    /// Makes topics; those that are there already are left alone.
    ///
    /// A broker may not know a new topic for a moment yet, and say that it is unknown.
    ///
    /// - Returns: What became of each, by name.
    /// - Throws: ``KafkaError`` if no broker has answered; whether topics were made is then unknown.
    public func create(
        _ topics: [KafkaTopic]
    ) async throws(KafkaError) -> [String: KafkaTopic.Outcome] {
        if topics.isEmpty { return [:] }
        return try await calls.perform { [handle, milliseconds] () throws(KafkaError) in
            try handle.createTopics(topics, milliseconds: milliseconds)
        }
    }

    /// The number of partitions of a topic.
    ///
    /// - Throws: ``KafkaError`` with `unknownTopic`, `notPermitted`, `unreachable` and others.
    public func partitionCount(of topic: String) async throws(KafkaError) -> Int {
        try await calls.perform { [handle, milliseconds] () throws(KafkaError) in
            try handle.partitionCount(of: topic, milliseconds: milliseconds)
        }
    }

    /// The offsets that a partition has: from its first record to after its last.
    ///
    /// - Throws: ``KafkaError``.
    public func offsets(of partition: Int, in topic: String) async throws(KafkaError) -> Range<Int>
    {
        let (begin, end) = try await calls.perform {
            [handle, milliseconds] () throws(KafkaError) in
            try handle.watermarks(of: partition, in: topic, milliseconds: Int(milliseconds))
        }
        return begin..<max(begin, end)
    }

    /// What a group has committed, by partition.
    ///
    /// - Throws: ``KafkaError``.
    public func committed(
        by group: String,
        in topic: String
    ) async throws(KafkaError) -> [Int: Int] {
        try await calls.perform { [handle, milliseconds] () throws(KafkaError) in
            try handle.groupOffsets(of: group, in: topic, milliseconds: milliseconds)
        }
    }

    /// Makes a group forget what it has committed of partitions.
    ///
    /// - Throws: ``KafkaError``, also if a member of the group reads the topic.
    public func forget(
        _ partitions: [Int],
        of topic: String,
        by group: String
    ) async throws(KafkaError) {
        try await calls.perform { [handle, milliseconds] () throws(KafkaError) in
            try handle.deleteGroupOffsets(
                of: group,
                in: topic,
                partitions,
                milliseconds: milliseconds
            )
        }
    }
}
