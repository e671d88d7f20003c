public import Ledgers
public import StreamsPostgres

/// Whose ledgers a database holds: the same for all its partitions.
public struct LedgerIdentity: Hashable, Sendable {
    /// The origin of partition *p*'s log is this, a slash and *p*.
    public let origin: String
    /// The public key of the logs, as the verifier key of `origin`.
    public let verifierKey: String

    public init(origin: String, verifierKey: String) {
        self.origin = origin
        self.verifierKey = verifierKey
    }

    /// Reads what is stored, or returns `nil` if nothing is.
    public static func read(_ session: PostgresSession) throws(LedgerError) -> LedgerIdentity? {
        let rows = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                "SELECT key, value FROM caracal.settings WHERE key IN ('origin', 'verifier_key')"
            )
        }
        var values: [String: String] = [:]
        for row in 0..<rows.count { values[rows.text(row, 0)] = rows.text(row, 1) }
        guard let origin = values["origin"], let key = values["verifier_key"] else { return nil }
        return LedgerIdentity(origin: origin, verifierKey: key)
    }

    /// Stores it, if nothing is stored.
    ///
    /// - Throws: ``LedgerError``: `unusable` if the database holds the ledgers of another origin, or
    ///   of another key.
    public func establish(_ session: PostgresSession) throws(LedgerError) {
        _ = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                """
                INSERT INTO caracal.settings (key, value) VALUES ('origin', $1), ('verifier_key', $2)
                ON CONFLICT DO NOTHING
                """,
                [.text(origin), .text(verifierKey)]
            )
        }
        let stored = try Self.read(session)
        guard stored?.origin == origin else {
            throw .unusable(
                reason: "the database holds the ledgers of \(stored?.origin ?? "nobody"), "
                    + "not of \(origin)"
            )
        }
        guard stored == self else {
            throw .unusable(reason: "the ledgers of \(origin) were signed with another key")
        }
    }
}

extension PostgresLedgerStore {
    /// Sees, over a connection of its own, that the database has the schema, and stores whose ledgers
    /// it holds if nothing is stored.
    ///
    /// - Throws: ``LedgerError``: `unusable` for another schema, origin or key.
    public func establish(_ identity: LedgerIdentity) async throws(LedgerError) {
        let connection = PostgresConnection(settings)
        let result: Result<Void, LedgerError>
        do throws(PostgresError) {
            result = try await connection.perform { session in
                Result { () throws(LedgerError) in
                    try LedgerSchema.check(session)
                    try identity.establish(session)
                }
            }
        } catch {
            result = .failure(LedgerError(error))
        }
        await connection.close()
        try result.get()
    }
}
