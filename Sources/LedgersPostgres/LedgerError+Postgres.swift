import Ledgers
import StreamsPostgres

extension LedgerError {
    /// What a failure of the database means for a ledger.
    init(_ error: PostgresError) {
        switch error.kind {
        case .inDoubt: self = .inDoubt(reason: error.description)
        case .readOnlyOrFull: self = .notWritable(reason: error.description)
        case .retryable, .unavailable: self = .unavailable(reason: error.description)
        case .permanent: self = Self.meaning(of: error)
        }
    }

    private static func meaning(of error: PostgresError) -> LedgerError {
        let reason = error.description
        switch error.sqlState {
        case "23505":
            // Indices follow from the tree, so a row that has one already is not of this ledger.
            return .damaged(reason: reason)
        case "42501": return .notWritable(reason: reason)
        case "XX001", "XX002": return .damaged(reason: reason)
        default: break
        }
        switch error.sqlState.prefix(2) {
        case "22", "23", "54": return .refused(reason: reason)
        case "3F", "42": return .unusable(reason: reason)
        default: return .unavailable(reason: reason)
        }
    }

    /// Runs `body`, and throws what its failure means.
    @discardableResult
    static func wrap<Value>(
        _ body: () throws(PostgresError) -> Value
    ) throws(LedgerError) -> Value {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw LedgerError(error)
        }
    }

    /// Runs `body` as ``wrap(_:)`` does, and `next` with what it returns.
    @discardableResult
    static func wrap<Value, Next>(
        _ body: () throws(PostgresError) -> Value,
        then next: (Value) throws(LedgerError) -> Next
    ) throws(LedgerError) -> Next {
        try next(try wrap(body))
    }
}
