/// What is known of one client property: whose it is, and how librdkafka spells it.
struct KafkaProperty: Sendable {
    /// What becomes of the value.
    enum Rule: Sendable {
        /// Passed on under librdkafka's name.
        case renamed(String)
        /// Passed on, in KiB instead of bytes, rounded up.
        case kibibytes(String)
        /// Passed on; -1, which lets the system choose, becomes 0.
        case socketBuffer(String)
        /// The empty text becomes `none`.
        case endpointCheck
        /// Names of Java classes become names of strategies.
        case assignors
        /// User and password out of a line for Java's login module.
        case jaas
        /// Kept here; a number of the range.
        case own(ClosedRange<Int>)
        /// Only this value makes sense.
        case only(String, because: String)
        /// The type of a key store; this one is read.
        case storeType(String)
        /// Makes no sense here.
        case refused(String)
    }

    let rule: Rule
    let roles: Set<KafkaRole>

    static let all: Set<KafkaRole> = [.consumer, .producer, .admin]

    private static func same(_ names: [String], _ roles: Set<KafkaRole>) -> [(String, Self)] {
        names.map { ($0, Self(rule: .renamed($0), roles: roles)) }
    }

    /// By the names that operators know.
    static let table: [String: KafkaProperty] = {
        let rows = connection + consumer + producer
        return Dictionary(uniqueKeysWithValues: rows)
    }()

    private static let connection: [(String, Self)] =
        same(
            [
                "bootstrap.servers", "client.id", "client.rack", "security.protocol",
                "connections.max.idle.ms", "reconnect.backoff.ms",
                "reconnect.backoff.max.ms", "retry.backoff.ms", "sasl.mechanism", "sasl.mechanisms",
                "sasl.username", "sasl.password", "sasl.kerberos.service.name", "ssl.ca.location",
                "ssl.ca.pem", "ssl.certificate.location", "ssl.certificate.pem", "ssl.key.location",
                "ssl.key.pem", "ssl.key.password", "ssl.keystore.location", "ssl.keystore.password",
                "ssl.cipher.suites", "statistics.interval.ms", "debug",
                "enable.ssl.certificate.verification",
            ],
            all
        )
        + [
            // Of librdkafka the property of this name drops what is old, and asks for nothing new.
            (
                "metadata.max.age.ms",
                Self(rule: .renamed("topic.metadata.refresh.interval.ms"), roles: all)
            ),
            ("sasl.jaas.config", Self(rule: .jaas, roles: all)),
            ("request.timeout.ms", Self(rule: .renamed("socket.timeout.ms"), roles: all)),
            (
                "send.buffer.bytes",
                Self(rule: .socketBuffer("socket.send.buffer.bytes"), roles: all)
            ),
            (
                "receive.buffer.bytes",
                Self(rule: .socketBuffer("socket.receive.buffer.bytes"), roles: all)
            ),
            ("ssl.truststore.location", Self(rule: .renamed("ssl.ca.location"), roles: all)),
            ("ssl.truststore.certificates", Self(rule: .renamed("ssl.ca.pem"), roles: all)),
            (
                "ssl.keystore.certificate.chain",
                Self(rule: .renamed("ssl.certificate.pem"), roles: all)
            ),
            ("ssl.keystore.key", Self(rule: .renamed("ssl.key.pem"), roles: all)),
            ("ssl.truststore.type", Self(rule: .storeType("PEM"), roles: all)),
            ("ssl.keystore.type", Self(rule: .storeType("PKCS12"), roles: all)),
            (
                "ssl.truststore.password",
                Self(rule: .refused("makes no sense: a trust store in PEM has none"), roles: all)
            ),
            ("ssl.endpoint.identification.algorithm", Self(rule: .endpointCheck, roles: all)),
            (
                "socket.nagle.disable",
                Self(rule: .only("true", because: "a flush waits 40 ms otherwise"), roles: all)
            ),
            ("log.queue", Self(rule: .refused("makes no sense: the client owns it"), roles: all)),
        ]

    private static let consumer: [(String, Self)] =
        same(
            [
                "group.id", "group.instance.id", "session.timeout.ms", "heartbeat.interval.ms",
                "max.poll.interval.ms", "fetch.min.bytes", "fetch.max.bytes",
                "max.partition.fetch.bytes", "isolation.level", "check.crcs",
                "allow.auto.create.topics", "fetch.wait.max.ms", "fetch.message.max.bytes",
                "fetch.error.backoff.ms", "coordinator.query.interval.ms", "group.protocol.type",
            ],
            [.consumer]
        )
        + [
            ("fetch.max.wait.ms", Self(rule: .renamed("fetch.wait.max.ms"), roles: [.consumer])),
            ("max.poll.records", Self(rule: .own(1...1_000_000), roles: [.consumer])),
            ("partition.assignment.strategy", Self(rule: .assignors, roles: [.consumer])),
            ("enable.auto.commit", owned("false", "the cursor of the sink decides what is done")),
            ("auto.commit.interval.ms", cursorDecides),
            ("auto.commit.enable", cursorDecides),
            ("enable.auto.offset.store", cursorDecides),
            ("offset.store.method", cursorDecides),
            ("auto.offset.reset", cursorDecides),
            ("enable.partition.eof", owned("true", "readers learn by it where gaps end")),
            ("queued.min.messages", bounded),
            ("queued.max.messages.kbytes", bounded),
            ("key.deserializer", bytes([.consumer])),
            ("value.deserializer", bytes([.consumer])),
        ]

    private static let producer: [(String, Self)] =
        same(
            [
                "acks", "request.required.acks", "batch.size", "batch.num.messages", "linger.ms",
                "queue.buffering.max.ms", "queue.buffering.max.kbytes", "compression.type",
                "compression.codec", "compression.level", "enable.idempotence",
                "enable.gapless.guarantee", "transactional.id", "transaction.timeout.ms",
                "delivery.timeout.ms", "message.timeout.ms", "retries", "message.send.max.retries",
                "max.in.flight.requests.per.connection", "partitioner",
                "sticky.partitioning.linger.ms",
                "queue.buffering.max.messages", "queue.buffering.backpressure.threshold",
            ],
            [.producer]
        )
        + [
            (
                "buffer.memory",
                Self(rule: .kibibytes("queue.buffering.max.kbytes"), roles: [.producer])
            ),
            ("max.request.size", Self(rule: .renamed("message.max.bytes"), roles: [.producer])),
            (
                "max.block.ms",
                Self(
                    rule: .refused("makes no sense: producing waits until there is room"),
                    roles: [.producer]
                )
            ),
            ("key.serializer", bytes([.producer])),
            ("value.serializer", bytes([.producer])),
        ]

    private static let cursorDecides = Self(
        rule: .refused("makes no sense: the cursor of the sink decides where reading begins"),
        roles: [.consumer]
    )

    private static let bounded = Self(
        rule: .refused("makes no sense: the reader bounds what it holds by pausing partitions"),
        roles: [.consumer]
    )

    private static func owned(_ value: String, _ reason: String) -> Self {
        Self(rule: .only(value, because: reason), roles: [.consumer])
    }

    private static func bytes(_ roles: Set<KafkaRole>) -> Self {
        Self(rule: .refused("makes no sense: keys and values are bytes"), roles: roles)
    }
}

/// What a client does, and so which properties it has.
public enum KafkaRole: String, Hashable, Sendable {
    case consumer
    case producer
    case admin
}
