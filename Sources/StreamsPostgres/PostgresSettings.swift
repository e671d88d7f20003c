/// How to reach a database; the password is never shown.
public struct PostgresSettings: Hashable, Sendable {
    /// A host name, an address, or the folder of a Unix socket, which begins with `/`.
    public var host = "localhost"
    /// 1 to 65,535.
    public var port = 5432
    public var user = ""
    public var database = ""
    private var password = Password()
    /// How much of TLS is asked for.
    public var security = Security.prefer
    /// Further options of libpq, by its names: certificates, keepalives.
    public var options: [String: String] = [:]
    /// What the server shows for the connection.
    public var applicationName = "caracal"
    /// How long making a connection may take.
    public var connectTimeout = Duration.seconds(10)
    /// How long a statement may take.
    public var statementTimeout = Duration.seconds(30)
    /// How long an open transaction may be idle before the server ends it, so that a process that
    /// stands still does not keep the next owner of its partitions waiting.
    public var idleTransactionTimeout = Duration.seconds(15)
    /// Whether there is a pooler between that gives each transaction another connection: then
    /// nothing is set for a session.
    public var isPooled = false
    /// Counts the connections that are made with these settings.
    public var connectionCount: PostgresConnectionCount?

    /// The values of libpq's `sslmode`.
    public enum Security: String, Hashable, Sendable, CaseIterable {
        case disable
        case allow
        case prefer
        case require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// Settings with nothing set.
    public init() {}

    /// Takes over a password from a file's content: its first line.
    public mutating func setPassword(_ text: String) {
        password = Password(
            text: String(text.prefix { !$0.isNewline })
        )
    }

    /// Whether there is a password.
    public var hasPassword: Bool { password.text != nil }

    /// What libpq is told, the password among it.
    var parameters: [(String, String)] {
        var all = options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        all += [("host", host), ("port", "\(port)"), ("sslmode", security.rawValue)]
        if !user.isEmpty { all.append(("user", user)) }
        if !database.isEmpty { all.append(("dbname", database)) }
        if let text = password.text { all.append(("password", text)) }
        all += [("application_name", applicationName), ("client_encoding", "UTF8")]
        if options["gssencmode"] == nil { all.append(("gssencmode", "disable")) }
        if !isPooled {
            let statement = statementTimeout.wholeMilliseconds
            let idle = idleTransactionTimeout.wholeMilliseconds
            all.append(
                (
                    "options",
                    "-c statement_timeout=\(statement) "
                        + "-c idle_in_transaction_session_timeout=\(idle)"
                )
            )
        }
        return all
    }
}

/// A text that no description shows.
private struct Password: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    var text: String?

    var description: String { text == nil ? "none" : "***" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension PostgresSettings: CustomStringConvertible, CustomDebugStringConvertible {
    /// The URL without its password and options.
    public var description: String {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return "postgres://\(user)@\(place)/\(database)?sslmode=\(security.rawValue)"
    }

    public var debugDescription: String { description }
}

extension Duration {
    /// Not less than 0 and not more than 24 days, which is what 32 bits hold.
    var wholeMilliseconds: Int {
        let seconds = min(max(components.seconds, 0), 2_000_000)
        return Int(seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
