/// Adds to errors of librdkafka what an operator can do about them.
struct KafkaAdvice: Sendable {
    private let mechanism: String
    private let group: String?
    private let instance: String?
    private let hasCertificate: Bool
    private let version: Int32

    /// - Parameters:
    ///   - settings: Of the client whose errors they are.
    ///   - version: librdkafka's, as the library tells it: a byte each for major, minor and patch,
    ///     and one more.
    init(_ settings: KafkaSettings, version: Int32) {
        let name = settings.value(of: "sasl.mechanism") ?? settings.value(of: "sasl.mechanisms")
        mechanism = name?.uppercased() ?? ""
        group = settings.value(of: "group.id")
        instance = settings.value(of: "group.instance.id")
        hasCertificate = [
            "ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location",
        ]
        .contains { settings.value(of: $0) != nil }
        self.version = version
    }

    /// The first version whose SCRAM a broker of Kafka 4 takes: 2.6.1.
    private static let scramVersion: Int32 = 0x02_06_01_00

    /// The same error with a reason that says what to do, where that is known.
    ///
    /// - Parameters:
    ///   - error: As librdkafka has it.
    ///   - refusal: The last certificate that was refused, if one was.
    /// - Returns: The error itself where nothing more is known.
    func explained(_ error: KafkaError, refusal: CertificateRefusal?) -> KafkaError {
        if let reason = alert(in: error) {
            return KafkaError(
                code: Self.tlsCode,
                name: "_SSL",
                operation: error.operation,
                reason: reason
            )
        }
        guard let reason = reason(of: error, refusal) else { return error }
        return error.with(reason: reason)
    }

    /// librdkafka's code for what is wrong with TLS.
    private static let tlsCode = -181

    /// What a broker that ends the handshake because of this client's certificate means.
    ///
    /// It does so after the client thinks that the handshake is over: to librdkafka it is a
    /// connection that broke.
    private func alert(in error: KafkaError) -> String? {
        let text = error.reason
        guard error.name == "_TRANSPORT" || error.name == "_SSL", text.contains("SSL alert"),
            text.contains("certificate") || text.contains("unknown ca")
        else { return nil }
        return hasCertificate
            ? text + "; the broker does not trust the certificate of this client"
            : text + "; the broker wants a certificate of this client: give it in "
                + "ssl.keystore.location, or in ssl.certificate.location and ssl.key.location"
    }

    private func reason(of error: KafkaError, _ refusal: CertificateRefusal?) -> String? {
        switch error.name {
        case "_SSL":
            if let refusal, error.isAboutCertificates, error.reason.contains(refusal.broker) {
                return refusal.reason
            }
            return nil
        case "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED":
            if mechanism.hasPrefix("SCRAM"), version < Self.scramVersion {
                return error.reason
                    + "; this librdkafka cannot do SCRAM with Kafka 4, whatever the "
                    + "password is: use 2.6.1 or newer, or sasl.mechanism=PLAIN over TLS, or client "
                    + "certificates"
            }
            return error.reason + "; see sasl.mechanism, sasl.username and sasl.password"
        case "TOPIC_AUTHORIZATION_FAILED":
            return error.reason + "; grant the user Describe on the topic, and Read to read it or "
                + "Write to produce to it"
        case "GROUP_AUTHORIZATION_FAILED":
            return error.reason + "; grant the user Read on the group"
                + (group.map { " '\($0)'" } ?? "")
        case "CLUSTER_AUTHORIZATION_FAILED":
            return error.reason + "; grant the user what it needs on the cluster"
        case "_FENCED", "FENCED_INSTANCE_ID":
            guard let instance else { return nil }
            return error.reason + "; a member that joined later has the group.instance.id "
                + "'\(instance)' too: give each a name of its own"
        default:
            return nil
        }
    }
}
