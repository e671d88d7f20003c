import Testing

@testable import StreamsKafka

@Suite struct KafkaAdviceTests {
    private func explained(
        _ name: String,
        _ reason: String,
        _ properties: [String: String] = [:],
        version: Int32 = 0x02_00_02_FF,
        refusal: CertificateRefusal? = nil
    ) throws -> KafkaError {
        let given = ["bootstrap.servers": "h:1", "group.id": "g"].merging(properties) { $1 }
        let settings = try KafkaSettings(given, for: .consumer)
        let error = KafkaError(code: -1, name: name, operation: "o", reason: reason)
        return KafkaAdvice(settings, version: version).explained(error, refusal: refusal)
    }

    @Test(arguments: [
        (10, "has expired"), (9, "clock"), (20, "ssl.truststore.location"), (62, "host's name"),
        (64, "host's name"), (23, "revoked"), (1_234, "1234"),
    ])
    func saysWhatIsWrongWithACertificate(code: Int, words: String) throws {
        let text = "ssl://h:1/bootstrap: certificate verify failed: verify ssl.ca.location"
        let refusal = CertificateRefusal(broker: "h:1", code: code)
        let error = try explained("_SSL", text, refusal: refusal)
        #expect(error.reason.contains("certificate of h:1") && error.reason.contains(words))
        #expect(error.isRefusedEntry)
        // What was wrong with another broker's says nothing.
        let other = CertificateRefusal(broker: "i:1", code: code)
        #expect(try explained("_SSL", text, refusal: other).reason == text)
    }

    @Test func knowsARefusedCertificateOfItsOwnBehindABrokenConnection() throws {
        let text = "ssl://h:1/1: Receive failed: sslv3 alert bad certificate: SSL alert number 42"
        var error = try explained("_TRANSPORT", text)
        #expect(error.kind == .notAuthenticated && error.isRefusedEntry)
        #expect(error.reason.contains("wants a certificate"))
        error = try explained("_TRANSPORT", text, ["ssl.keystore.location": "/k"])
        #expect(error.reason.contains("does not trust the certificate of this client"))
        error = try explained("_TRANSPORT", "Connection refused")
        #expect(error.kind == .unreachable && error.reason == "Connection refused")
    }

    @Test(arguments: [
        (0x02_00_02_FF as Int32, true), (0x02_06_01_00, false), (0x02_06_00_FF, true),
    ])
    func knowsWhichLibraryCannotDoSCRAM(version: Int32, isOld: Bool) throws {
        let scram = ["sasl.mechanism": "scram-sha-512"]
        let error = try explained("_AUTHENTICATION", "invalid", scram, version: version)
        #expect(error.reason.contains("2.6.1 or newer") == isOld)
        #expect(error.reason.contains("sasl.password") != isOld)
        let plain = try explained(
            "_AUTHENTICATION",
            "invalid",
            ["sasl.mechanism": "PLAIN"],
            version: version
        )
        #expect(plain.reason.contains("sasl.password"))
    }

    @Test func namesTheGroupAndTheInstance() throws {
        #expect(
            try explained("GROUP_AUTHORIZATION_FAILED", "no").reason.contains("on the group 'g'")
        )
        let named = ["group.instance.id": "one"]
        #expect(
            try explained("FENCED_INSTANCE_ID", "no", named).reason
                .contains("group.instance.id 'one'")
        )
        #expect(try explained("_STATE", "no", named).reason == "no")
    }
}
