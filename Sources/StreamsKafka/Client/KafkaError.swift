/// What librdkafka, or a broker through it, has refused or failed to do.
///
/// The codes are librdkafka's: negative ones are its own, the others are the Kafka protocol's. After
/// an error that is neither fatal nor retriable, repeating the same call gives the same error.
public struct KafkaError: Error, Equatable, Sendable {
    /// What a program tells apart; everything else is ``other``.
    public enum Kind: Equatable, Sendable {
        /// Wrong password, user, mechanism or certificate.
        case notAuthenticated
        /// The user may not use the topic, the group or the cluster.
        case notPermitted
        /// The topic or the partition does not exist.
        case unknownTopic
        /// No broker answers.
        case unreachable
        /// Nothing came in time; whether it was done is unknown.
        case timedOut
        /// Another client with the same static or transactional id has taken over.
        case fenced
        /// The settings contradict each other.
        case badSettings
        /// The record is longer than the client or the topic takes.
        case recordTooLarge
        /// The topic exists already.
        case alreadyExists
        case other
    }

    /// librdkafka's code.
    public let code: Int
    /// librdkafka's name of the code, such as `_TRANSPORT`.
    public let name: String
    /// What was being done, such as `create topic orders`.
    public let operation: String
    /// What librdkafka says.
    public let reason: String
    /// Whether the client is of no use any more.
    public let isFatal: Bool
    /// Whether the same call may succeed later.
    public let isRetriable: Bool
    /// Whether the transaction must be aborted before anything else is done.
    public let needsAbort: Bool

    init(
        code: Int,
        name: String,
        operation: String,
        reason: String,
        isFatal: Bool = false,
        isRetriable: Bool = false,
        needsAbort: Bool = false
    ) {
        self.code = code
        self.name = name
        self.operation = operation
        self.reason = reason
        self.isFatal = isFatal
        self.isRetriable = isRetriable
        self.needsAbort = needsAbort
    }

    /// An error that librdkafka knows nothing of.
    static func own(_ operation: String, _ reason: String) -> KafkaError {
        KafkaError(code: -1, name: "_FAIL", operation: operation, reason: reason)
    }

    /// The same error with another reason.
    func with(reason: String) -> KafkaError { with(operation, reason) }

    /// The same error as one of another operation.
    func during(_ operation: String) -> KafkaError { with(operation, reason) }

    /// The same error, which says no more than that no answer came, with what has gone wrong before.
    func because(of trouble: KafkaError?) -> KafkaError {
        trouble.map { with(reason: $0.reason) } ?? self
    }

    private func with(_ operation: String, _ reason: String) -> KafkaError {
        KafkaError(
            code: code,
            name: name,
            operation: operation,
            reason: reason,
            isFatal: isFatal,
            isRetriable: isRetriable,
            needsAbort: needsAbort
        )
    }

    /// Whether a certificate is what is wrong, and not just a connection that broke.
    var isAboutCertificates: Bool { name == "_SSL" && reason.contains("certificate") }

    /// Whether no broker has said anything.
    var isSilence: Bool { kind == .unreachable || kind == .timedOut }

    /// Whether the broker is there and does not let the client in, and will not the next time.
    var isRefusedEntry: Bool {
        kind == .notAuthenticated && (name != "_SSL" || isAboutCertificates)
    }

    public var kind: Kind {
        switch name {
        case "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "_SSL":
            .notAuthenticated
        case "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED",
            "CLUSTER_AUTHORIZATION_FAILED", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED":
            .notPermitted
        case "_UNKNOWN_TOPIC", "UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_PARTITION": .unknownTopic
        case "_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "BROKER_NOT_AVAILABLE": .unreachable
        case "_TIMED_OUT", "_MSG_TIMED_OUT", "REQUEST_TIMED_OUT", "_TIMED_OUT_QUEUE": .timedOut
        case "_FENCED", "FENCED_INSTANCE_ID", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH": .fenced
        case "_INVALID_ARG", "INVALID_CONFIG": .badSettings
        case "MSG_SIZE_TOO_LARGE": .recordTooLarge
        case "TOPIC_ALREADY_EXISTS": .alreadyExists
        default: .other
        }
    }
}

extension KafkaError: CustomStringConvertible {
    public var description: String {
        "\(operation): \(reason) (\(name))\(isFatal ? ", which ends this client" : "")"
    }
}
