import Streams

/// A connection to a database on a thread of its own.
///
/// Not connected at first; one that is lost stays so until ``reconnect()``, for which the caller
/// chooses its pauses. Cancelling a task that waits for the database ends the connection.
public actor PostgresConnection {
    private let executor = BlockingExecutor(label: "caracal.postgres")
    private let interrupt = PostgresInterrupt()
    private var session: PostgresSession?
    public nonisolated let settings: PostgresSettings

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    public init(_ settings: PostgresSettings) {
        self.settings = settings
    }

    /// Whether there is a connection that has not been lost so far.
    public var isOpen: Bool { session?.isOpen ?? false }

    /// Connects, in place of the connection that there was.
    ///
    /// - Throws: ``PostgresError``: `permanent` if the server refuses, `unavailable` otherwise.
    public func reconnect() throws(PostgresError) {
        session?.close()
        session = nil
        interrupt.reset()
        session = try PostgresSession(settings, interrupt: interrupt)
    }

    /// Ends the connection; an open transaction is rolled back.
    public func close() {
        session?.close()
        session = nil
    }

    /// Runs `body` on the connection's thread: several calls in one hop.
    ///
    /// Connects first, if there has been no connection yet. A transaction that `body` leaves open is
    /// rolled back.
    ///
    /// - Parameters:
    ///   - reconnects: Whether a connection that was lost before is made again.
    ///   - body: Blocks the connection's thread.
    /// - Returns: What `body` does.
    /// - Throws: ``PostgresError``.
    public func perform<Value: Sendable>(
        reconnecting reconnects: Bool = false,
        _ body: @Sendable (PostgresSession) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        if session == nil || reconnects && !isOpen { try reconnect() }
        guard let session, session.isOpen else {
            throw PostgresError(.unavailable, "the connection was lost")
        }
        // One that was meant for the call before does not end this one.
        interrupt.reset()
        let result = await withTaskCancellationHandler {
            // Only what captures the actor stays on its thread.
            preconditionIsolated()
            let result = Result { () throws(PostgresError) in try body(session) }
            session.rollBack()
            return result
        } onCancel: {
            interrupt.fire()
        }
        return try result.get()
    }

    /// Runs statements without parameters, separated by semicolons.
    @discardableResult
    public func execute(_ sql: String) async throws(PostgresError) -> [Int] {
        try await perform { (session) throws(PostgresError) in try session.execute(sql) }
    }
}
