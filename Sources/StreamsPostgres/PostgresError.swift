/// What PostgreSQL, or the way to it, has answered instead of a result.
///
/// Holds the server's own message and never a secret, nor the values of a row.
public struct PostgresError: Error, Hashable, Sendable {
    /// What is true afterwards, and what can be done.
    public enum Kind: Hashable, Sendable {
        /// Others were in the way, or the server is short of something; nothing was stored, and the
        /// same transaction can succeed at once.
        case retryable
        /// The same statement fails again; nothing was stored.
        case permanent
        /// There is no connection, or no longer; nothing was stored that was not committed.
        case unavailable
        /// The connection was lost while a transaction was being committed: only the database knows
        /// whether it was.
        case inDoubt
        /// No space is left, or the server takes no writes now; nothing was stored.
        case readOnlyOrFull
    }

    public let kind: Kind
    /// The five characters of the SQLSTATE; empty if the error did not come from the server.
    public let sqlState: String
    /// One line, for people.
    public let message: String
    /// The constraint that would not hold, if that was the matter.
    public let constraint: String?

    package init(_ kind: Kind, _ message: String, sqlState: String = "", constraint: String? = nil)
    {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
    }

    /// What an error that the server reports means.
    static func kind(ofSQLState state: String) -> Kind {
        switch state {
        case "53100", "25006": return .readOnlyOrFull
        case "40001", "40P01", "55P03", "57014": return .retryable
        case "57P01", "57P02", "57P03", "57P04", "57P05", "25P03": return .unavailable
        default: break
        }
        switch state.prefix(2) {
        case "53": return .retryable
        case "08": return .unavailable
        default: return .permanent
        }
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        sqlState.isEmpty ? message : "\(message) (\(sqlState))"
    }
}
