/// The properties of a client of Kafka, checked and translated into librdkafka's.
///
/// Names are those that operators know from Kafka's own clients, values are in Kafka's own units;
/// librdkafka's names are taken too. Whatever is unknown, contradicts how the client works or belongs
/// to another role is refused by name, all at once. Secrets stand in no description.
public struct KafkaSettings: Sendable, CustomStringConvertible {
    /// Whose settings they are.
    public let role: KafkaRole
    /// The properties as they were given.
    public let given: [String: String]
    /// What one poll of a reader yields at most, in records (`max.poll.records`).
    public let maxPollRecords: Int
    /// librdkafka's names and values, in the order of the names.
    let translated: [(name: String, value: String)]

    /// Checks and translates `properties`; what they leave out has the project's defaults.
    ///
    /// - Parameters:
    ///   - properties: Values by name, as in a properties file.
    ///   - role: What the client is for; decides the defaults and which names make sense.
    /// - Throws: ``KafkaSettingsError`` with everything that is wrong.
    public init(_ properties: [String: String], for role: KafkaRole) throws(KafkaSettingsError) {
        var translation = KafkaTranslation(role: role)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            translation.add(name, value)
        }
        translation.require("bootstrap.servers")
        if role == .consumer { translation.require("group.id") }
        translation.fillDefaults()
        guard translation.problems.isEmpty else {
            throw KafkaSettingsError(problems: translation.problems.sorted { $0.name < $1.name })
        }
        self.role = role
        given = properties
        maxPollRecords = translation.own["max.poll.records"] ?? Self.maxPollRecordsDefault
        translated = translation.values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    static let maxPollRecordsDefault = 500

    /// The same connection for a client of another role: what only this role has is left out.
    public func adapted(to role: KafkaRole) throws(KafkaSettingsError) -> KafkaSettings {
        let kept = given.filter { name, _ in
            KafkaProperty.table[name].map { $0.roles.contains(role) } ?? true
        }
        return try KafkaSettings(kept, for: role)
    }

    /// What librdkafka is told under one of its names.
    func value(of name: String) -> String? {
        translated.first { $0.name == name }?.value
    }

    /// The properties as librdkafka gets them, secrets hidden.
    public var description: String {
        translated.map { "\($0.name)=\(Self.isSecret($0.name) ? "…" : $0.value)" }
            .joined(separator: " ")
    }

    /// Whether the value of the property must not be shown.
    static func isSecret(_ name: String) -> Bool {
        name.contains("password") || name.contains("jaas") || name.contains("secret")
            || name == "ssl.key.pem" || name == "ssl.keystore.key"
            || name.hasSuffix("oauthbearer.config")
    }
}
