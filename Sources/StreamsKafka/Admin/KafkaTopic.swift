/// A topic to be made.
public struct KafkaTopic: Equatable, Sendable {
    /// What became of a topic that was to be made.
    public enum Outcome: Equatable, Sendable {
        case created
        /// It was there, and is left as it is.
        case alreadyThere
        case refused(KafkaError)
    }

    public let name: String
    /// The number of partitions; -1 leaves it to the broker.
    public let partitions: Int
    /// The number of replicas; -1 leaves it to the broker.
    public let replication: Int
    /// Properties of the topic, such as `retention.ms`.
    public let configuration: [String: String]

    public init(
        _ name: String,
        partitions: Int = -1,
        replication: Int = -1,
        configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configuration = configuration
    }
}
