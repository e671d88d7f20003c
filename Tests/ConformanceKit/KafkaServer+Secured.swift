import Foundation
import Synchronization

extension KafkaServer {
    /// A way into a broker that wants to be sure of its clients, or of which clients cannot be sure.
    public enum Door: Int, CaseIterable, Sendable {
        /// TLS; clients need no certificate.
        case tls = 200
        /// TLS; clients without a certificate are refused.
        case mutual = 201
        /// TLS with a certificate that has expired.
        case expired = 202
        /// TLS with a certificate of another host.
        case stranger = 203
        /// TLS; clients give a user and a password, by PLAIN or SCRAM-SHA-512.
        case password = 300

        fileprivate var name: String {
            switch self {
            case .tls: "SSL"
            case .mutual: "MUTUAL"
            case .expired: "EXPIRED"
            case .stranger: "STRANGER"
            case .password: "SASL"
            }
        }
    }

    /// What the user `writer` logs in with.
    public static let password = "s3cret-h0rse"

    private static let commonSecured = Mutex<KafkaServer?>(nil)

    /// One broker with all doors that the tests of this process share.
    ///
    /// Whoever comes without a password may do anything. The user `writer` may do what
    /// ``grant(_:on:named:)`` has granted.
    public static func secured() throws -> KafkaServer {
        try commonSecured.withLock { server in
            if let server { return server }
            let made = try KafkaServer(secured: ())
            server = made
            return made
        }
    }

    /// The address of one of the doors.
    public func address(_ door: Door) -> String { "127.0.0.1:\(port + door.rawValue)" }

    /// The certificates of a broker with doors.
    public func certificate(_ name: String) -> String { "\(folder)/tls/\(name)" }

    /// Lets the user `writer` do something.
    ///
    /// - Parameters:
    ///   - operation: Such as `Read`.
    ///   - kind: `topic` or `group`.
    ///   - name: Of the topic or the group.
    /// - Throws: ``Failure``, with the tool's words.
    public func grant(_ operation: String, on kind: String, named name: String) throws {
        try tool(
            "org.apache.kafka.tools.AclCommand",
            "--bootstrap-server",
            bootstrap,
            "--add",
            "--allow-principal",
            "User:writer",
            "--operation",
            operation,
            "--\(kind)",
            name
        )
    }

    private convenience init(secured: Void) throws {
        let folder = Self.newFolder()
        let made = try KafkaServerCertificates(in: folder + "/tls")
        let port = try Self.freePort()
        let doors =
            [(name: "PLAINTEXT", port: port)]
            + Door.allCases.map { (name: $0.name, port: port + $0.rawValue) }
        let listeners = doors.map { "\($0.name)://127.0.0.1:\($0.port)" }.joined(separator: ",")
        let protocols = Door.allCases.map { "\($0.name):\($0 == .password ? "SASL_SSL" : "SSL")" }
        var properties = [
            "listeners=\(listeners),CONTROLLER://127.0.0.1:\(port + 100)",
            "advertised.listeners=\(listeners)",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
                + protocols.joined(separator: ","),
            "listener.name.mutual.ssl.client.auth=required",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS;User:CN=client",
        ]
        for (door, file) in [(Door.expired, "expired"), (.stranger, "stranger")] {
            let prefix = "listener.name.\(door.name.lowercased()).ssl.keystore"
            properties.append("\(prefix).certificate.chain=\(try made.property("\(file).pem"))")
            properties.append("\(prefix).key=\(try made.property("\(file).key"))")
        }
        try self.init(
            folder: folder,
            port: port,
            options: ["--tls", folder + "/tls", "--sasl", "writer:\(Self.password)"],
            properties: properties
        )
    }
}
