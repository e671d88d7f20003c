/// Builds the list of librdkafka's properties, and the list of what is wrong, one name at a time.
struct KafkaTranslation {
    let role: KafkaRole
    private(set) var values: [String: String] = [:]
    private(set) var own: [String: Int] = [:]
    private(set) var problems: [KafkaSettingsError.Problem] = []
    /// Which given name a value of librdkafka comes from.
    private var origins: [String: String] = [:]
    private var given: Set<String> = []

    init(role: KafkaRole) {
        self.role = role
    }

    mutating func add(_ name: String, _ value: String) {
        given.insert(name)
        guard let property = KafkaProperty.table[name] else { return pass(name, value, as: name) }
        guard property.roles.contains(role) else {
            return refuse(name, "makes no sense for a client that is a \(role.rawValue)")
        }
        switch property.rule {
        case .renamed(let other): pass(name, value, as: other)
        case .kibibytes(let other): passKibibytes(name, value, as: other)
        case .socketBuffer(let other): pass(name, value == "-1" ? "0" : value, as: other)
        case .endpointCheck: pass(name, value.isEmpty ? "none" : value, as: name)
        case .assignors: passAssignors(name, value)
        case .jaas: passJAAS(name, value)
        case .own(let range): keep(name, value, range)
        case .only(let wanted, let reason):
            if value != wanted { refuse(name, "must be \(wanted): \(reason)") }
        case .storeType(let type):
            if value.uppercased() != type && value.uppercased() != "PEM" {
                refuse(name, "must be \(type): the client does not read other stores")
            }
        case .refused(let reason): refuse(name, reason)
        }
    }

    /// Says so if a property is missing that nothing can work without.
    mutating func require(_ name: String) {
        if given.contains(name) { return }
        if name == "bootstrap.servers", given.contains("metadata.broker.list") { return }
        refuse(name, "is missing")
    }

    /// Sets what was not given, and what nobody may change.
    mutating func fillDefaults() {
        for (name, value) in Self.always + (Self.fixed[role] ?? []) { values[name] = value }
        for (name, value, aliases) in Self.defaults[role] ?? []
        where values[name] == nil && !aliases.contains(where: { values[$0] != nil }) {
            values[name] = value
        }
    }

    /// A flush waits for the peer's delayed acknowledgement otherwise: 40 ms.
    private static let always = [("socket.nagle.disable", "true")]

    private static let fixed: [KafkaRole: [(String, String)]] = [
        .consumer: [
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
            // What librdkafka holds before the member's thread takes it, which is soon. Thresholds
            // that are reached stop all fetches for half a second and more in librdkafka 2.0: these
            // are out of the way unless the thread is kept from running, and bound memory then.
            ("queued.min.messages", "250000"),
            ("queued.max.messages.kbytes", "65536"),
        ]
    ]

    private static let defaults: [KafkaRole: [(String, String, aliases: [String])]] = [
        .consumer: [
            ("isolation.level", "read_committed", []),
            ("fetch.min.bytes", "1", []),
            ("fetch.wait.max.ms", "500", []),
        ],
        .producer: [
            ("enable.idempotence", "true", []),
            ("acks", "all", ["request.required.acks"]),
            ("compression.type", "snappy", ["compression.codec"]),
            ("linger.ms", "10", ["queue.buffering.max.ms"]),
            ("batch.size", "32768", []),
            ("batch.num.messages", "100000", []),
            ("queue.buffering.max.kbytes", "65536", []),
            // The bound is in bytes.
            ("queue.buffering.max.messages", "10000000", []),
            ("partitioner", "murmur2_random", []),
        ],
    ]

    private mutating func refuse(_ name: String, _ reason: String) {
        problems.append(KafkaSettingsError.Problem(name: name, reason: reason))
    }

    private mutating func pass(_ name: String, _ value: String, as other: String) {
        if let origin = origins[other] {
            return refuse(name, "says the same as \(origin): give one of them")
        }
        if let reason = KafkaConfiguration.problem(of: other, value) {
            let isHidden = KafkaSettings.isSecret(name) || KafkaSettings.isSecret(other)
            return refuse(name, isHidden ? "has a value that is not taken" : reason)
        }
        origins[other] = name
        values[other] = value
    }

    private mutating func passKibibytes(_ name: String, _ value: String, as other: String) {
        guard let bytes = Int(value), bytes > 0 else {
            return refuse(name, "must be a number of bytes above 0")
        }
        pass(name, "\(bytes / 1_024 + (bytes % 1_024 > 0 ? 1 : 0))", as: other)
    }

    private mutating func keep(_ name: String, _ value: String, _ range: ClosedRange<Int>) {
        guard let number = Int(value), range.contains(number) else {
            return refuse(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        own[name] = number
    }

    private mutating func passAssignors(_ name: String, _ value: String) {
        let known = [
            "RangeAssignor": "range", "RoundRobinAssignor": "roundrobin",
            "CooperativeStickyAssignor": "cooperative-sticky", "range": "range",
            "roundrobin": "roundrobin", "cooperative-sticky": "cooperative-sticky",
        ]
        var names: [String] = []
        for part in value.split(separator: ",") {
            let part = part.filter { $0 != " " }
            let last = part.split(separator: ".").last.map(String.init) ?? part
            guard let strategy = known[last] else {
                return refuse(name, "names the strategy '\(part)', which this client has not")
            }
            names.append(strategy)
        }
        let isCooperative = names.contains("cooperative-sticky")
        if names.isEmpty || isCooperative && names.count > 1 {
            return refuse(name, "must be range, roundrobin, both, or cooperative-sticky alone")
        }
        pass(name, names.joined(separator: ","), as: name)
    }

    private mutating func passJAAS(_ name: String, _ value: String) {
        guard value.contains("PlainLoginModule") || value.contains("ScramLoginModule") else {
            return refuse(name, "must be of Java's PlainLoginModule or ScramLoginModule")
        }
        guard let user = Self.quoted("username", in: value),
            let password = Self.quoted("password", in: value)
        else { return refuse(name, "must have username=\"…\" and password=\"…\"") }
        pass(name, user, as: "sasl.username")
        pass(name, password, as: "sasl.password")
    }

    /// The text in quotes after `key=`, a backslash before a character meaning itself.
    private static func quoted(_ key: String, in line: String) -> String? {
        guard let start = line.firstRange(of: key + "=\"")?.upperBound else { return nil }
        var text = ""
        var isEscaped = false
        for character in line[start...] {
            if !isEscaped && character == "\"" { return text }
            if !isEscaped && character == "\\" {
                isEscaped = true
                continue
            }
            text.append(character)
            isEscaped = false
        }
        return nil
    }
}
