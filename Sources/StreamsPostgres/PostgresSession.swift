/// One connection to a database, used from one thread, whose calls block.
///
/// Uses neither named statements nor anything that lasts longer than a transaction, so that it works
/// through a pooler. After an error inside of a transaction, call ``rollBack()``; a session whose
/// connection was lost stays closed.
public final class PostgresSession {
    private let settings: PostgresSettings
    private let link: PostgresLink

    /// Connects, within the settings' time.
    ///
    /// - Parameters:
    ///   - settings: Where to, and as whom.
    ///   - interrupt: Ends any wait from another thread, and with it the connection.
    /// - Throws: ``PostgresError``: `permanent` if the server refuses, `unavailable` otherwise.
    public init(
        _ settings: PostgresSettings,
        interrupt: PostgresInterrupt = PostgresInterrupt()
    ) throws(PostgresError) {
        self.settings = settings
        link = try PostgresLink(settings, interrupt)
    }

    /// Whether the connection has not been lost so far.
    public var isOpen: Bool { link.isOpen }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { link.isInTransaction }

    /// Ends the connection; an open transaction is rolled back.
    public func close() {
        if link.isOpen { link.close() }
    }

    /// Gives the next statement its time; the server's own limit comes first, if it has one.
    private func begin(committing: Bool = false) {
        link.isCommitting = committing
        link.setDeadline(settings.statementTimeout + .seconds(2))
    }

    // MARK: Statements

    /// Runs statements without parameters, separated by semicolons, in one round trip.
    ///
    /// - Returns: How many rows each has changed.
    /// - Throws: ``PostgresError`` of the first that fails; the rest is not run.
    @discardableResult
    public func execute(_ sql: String) throws(PostgresError) -> [Int] {
        begin()
        try link.send(sql)
        return try collect().map(\.changedCount)
    }

    /// Runs one statement, and returns its rows.
    public func query(
        _ sql: String,
        _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresRows {
        begin()
        try link.send(PostgresStatement(sql, parameters))
        try link.flush()
        let results = try collect()
        guard let rows = results.last else {
            throw PostgresError(.permanent, "a statement without a result")
        }
        return rows
    }

    /// The results of what was sent.
    private func collect() throws(PostgresError) -> [PostgresRows] {
        var results: [PostgresRows] = []
        var failure: PostgresError?
        while true {
            switch try link.next() {
            case .rows(let rows): results.append(rows)
            case .failed(let error): failure = failure ?? error
            case .copyIn: try link.endCopy(failing: "no data was meant to be sent")
            case .copyOut: while try link.get({ _ in }) {}
            case .skipped, .synced: break
            case .end:
                if let failure { throw failure }
                return results
            }
        }
    }

    /// Runs statements with parameters in one round trip.
    ///
    /// - Throws: ``PostgresError`` of the first that fails; the rest is not run.
    public func run(_ statements: [PostgresStatement]) throws(PostgresError) {
        begin()
        try pipeline(statements)
    }

    /// Runs statements and commits the open transaction, in one round trip.
    ///
    /// - Throws: ``PostgresError``: `inDoubt` if the connection was lost meanwhile; with any other
    ///   kind nothing was stored.
    public func commit(_ statements: [PostgresStatement] = []) throws(PostgresError) {
        guard isInTransaction else {
            throw PostgresError(.unavailable, "there is no transaction to commit")
        }
        begin(committing: true)
        defer { link.isCommitting = false }
        try pipeline(statements + [PostgresStatement("COMMIT")])
    }

    private func pipeline(_ statements: [PostgresStatement]) throws(PostgresError) {
        try link.beginPipeline()
        for statement in statements { try link.send(statement) }
        try link.syncPipeline()
        var failure: PostgresError?
        reading: while true {
            switch try link.next() {
            case .failed(let error): failure = failure ?? error
            case .synced: break reading
            case .rows, .skipped, .end: break
            case .copyIn, .copyOut:
                link.close()
                throw PostgresError(.unavailable, "a COPY where none can be")
            }
        }
        try link.endPipeline()
        if let failure { throw failure }
    }

    /// Ends an open transaction with nothing stored, or the connection if that fails.
    public func rollBack() {
        guard isInTransaction else { return }
        do throws(PostgresError) {
            try execute("ROLLBACK")
        } catch {
            close()
        }
    }

    // MARK: COPY

    /// Runs statements of which the last is a `COPY … FROM STDIN`, and begins it.
    ///
    /// - Returns: How many rows each of the statements before has changed.
    public func beginCopy(_ sql: String) throws(PostgresError) -> [Int] {
        begin()
        try link.send(sql)
        var counts: [Int] = []
        var failure: PostgresError?
        while true {
            switch try link.next() {
            case .rows(let rows): counts.append(rows.changedCount)
            case .failed(let error): failure = failure ?? error
            case .copyIn: return counts
            case .copyOut, .skipped, .synced: break
            case .end: throw failure ?? PostgresError(.permanent, "there was no COPY")
            }
        }
    }

    /// Sends a piece of what is copied; best of 64 KiB and more.
    public func copy(_ bytes: Span<UInt8>) throws(PostgresError) {
        try link.put(bytes)
    }

    /// Ends the COPY.
    ///
    /// - Returns: How many rows there were.
    public func endCopy() throws(PostgresError) -> Int {
        try link.endCopy(failing: nil)
        return try collect().last?.changedCount ?? 0
    }

    /// Has the COPY, and so its transaction, fail.
    public func abandonCopy() throws(PostgresError) {
        try link.endCopy(failing: "given up")
        do throws(PostgresError) {
            _ = try collect()
        } catch {
            // Its failure is what was asked for.
            if !link.isOpen { throw error }
        }
    }

    /// Runs a `COPY … TO STDOUT`, and lends each piece that comes, which is one row.
    public func copyOut(
        _ sql: String,
        _ body: (Span<UInt8>) -> Void
    ) throws(PostgresError) {
        begin()
        try link.send(sql)
        guard case .copyOut = try link.next() else {
            _ = try collect()
            throw PostgresError(.permanent, "there was no COPY")
        }
        while try link.get(body) {}
        _ = try collect()
    }
}
