/// What is wrong with a URL; names the part, and never repeats a secret.
public struct PostgresURLError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension PostgresSettings {
    /// The options of libpq that a URL may have besides those with a property of their own.
    private static let optionNames: Set<String> = [
        "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslsni", "ssl_min_protocol_version",
        "ssl_max_protocol_version", "channel_binding", "gssencmode", "target_session_attrs",
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout", "passfile", "require_auth",
    ]

    /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=…`.
    ///
    /// Besides libpq's options it takes `connect_timeout` and `statement_timeout` in seconds,
    /// `application_name`, and `pooled=true` for a pooler that gives each transaction another
    /// connection.
    ///
    /// - Parameter url: Special characters are percent-encoded; `host` may also be an option, for
    ///   the folder of a Unix socket.
    /// - Throws: ``PostgresURLError`` for an unknown option by name, and for anything out of range.
    public init(url: String) throws(PostgresURLError) {
        self.init()
        guard let scheme = ["postgres://", "postgresql://"].first(where: url.hasPrefix) else {
            throw PostgresURLError("a URL of PostgreSQL begins with postgres://")
        }
        var rest = url.dropFirst(scheme.count)
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[mark...].dropFirst()
            rest = rest[..<mark]
            if !rest.contains("@") { try Self.checkEncoding(of: query) }
        }
        if let slash = rest.firstIndex(of: "/") {
            try Self.checkEncoding(of: rest[slash...])
            database = try Self.decode(rest[slash...].dropFirst(), "the database")
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            let person = rest[..<at]
            rest = rest[at...].dropFirst()
            let parts = person.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decode(parts[0], "the user")
            if parts.count > 1 { setPassword(try Self.decode(parts[1], "the password")) }
        }
        try takePlace(rest)
        for option in query.split(separator: "&") {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw PostgresURLError("an option without a value") }
            try take(
                option: try Self.decode(parts[0], "the name of an option"),
                try Self.decode(parts[1], "an option")
            )
        }
    }

    /// Refuses what may be the end of a password, which would be taken for something that is shown.
    private static func checkEncoding(of text: Substring) throws(PostgresURLError) {
        guard !text.contains("@") else {
            throw PostgresURLError("a / is %2F, a ? is %3F and an @ is %40 where they are no mark")
        }
    }

    private mutating func takePlace(_ text: Substring) throws(PostgresURLError) {
        guard !text.isEmpty else { return }
        var name = text
        var number: Substring = ""
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw PostgresURLError("the host's address has no ]")
            }
            name = text[..<end].dropFirst()
            number = text[end...].dropFirst()
            guard number.isEmpty || number.hasPrefix(":") else {
                throw PostgresURLError("the port is not a number of 1 to 65535")
            }
            number = number.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            number = text[colon...].dropFirst()
        }
        if !name.isEmpty { host = try Self.decode(name, "the host") }
        if !number.isEmpty { port = try Self.port(String(number)) }
    }

    private mutating func take(
        option name: String,
        _ value: String
    ) throws(PostgresURLError) {
        switch name {
        case "sslmode":
            guard let mode = Security(rawValue: value) else {
                let all = Security.allCases.map(\.rawValue).joined(separator: ", ")
                throw PostgresURLError("sslmode is one of \(all)")
            }
            security = mode
        case "host": host = value
        case "port": port = try Self.port(value)
        case "user": user = value
        case "dbname": database = value
        case "password": setPassword(value)
        case "application_name": applicationName = value
        case "connect_timeout": connectTimeout = try Self.seconds(value, name)
        case "statement_timeout": statementTimeout = try Self.seconds(value, name)
        case "pooled":
            guard let flag = Bool(value) else {
                throw PostgresURLError("pooled is true or false")
            }
            isPooled = flag
        case _ where Self.optionNames.contains(name): options[name] = value
        default:
            // What is like no name may be a part of a secret.
            let isName =
                name.utf8.count <= 32
                && name.utf8.allSatisfy { 97...122 ~= $0 || $0 == UInt8(ascii: "_") }
            throw PostgresURLError("there is no option" + (isName ? " \(name)" : " of that name"))
        }
    }

    private static func port(_ text: String) throws(PostgresURLError) -> Int {
        guard let port = Int(text), 1...65_535 ~= port else {
            throw PostgresURLError("the port is not a number of 1 to 65535")
        }
        return port
    }

    private static func seconds(
        _ text: String,
        _ name: String
    ) throws(PostgresURLError) -> Duration {
        guard let seconds = Int(text), 1...86_400 ~= seconds else {
            throw PostgresURLError("\(name) is a number of seconds of 1 to 86400")
        }
        return .seconds(seconds)
    }

    private static func decode(
        _ text: Substring,
        _ part: String
    ) throws(PostgresURLError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value > 0 else {
                throw PostgresURLError("\(part) has a % that is no encoding of a character")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw PostgresURLError("\(part) is not UTF-8")
        }
        return decoded
    }
}
