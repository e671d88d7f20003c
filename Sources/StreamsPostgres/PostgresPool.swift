/// A bounded number of connections for work that needs no order, such as reading.
///
/// Connections are made when they are needed, and made again after they were lost. Work waits on the
/// connection that has the least of it.
public actor PostgresPool {
    private let connections: [PostgresConnection]
    /// How much work each connection has been given.
    private var loads: [Int]

    /// Makes a pool; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - settings: The same for all connections.
    ///   - limit: The most connections, at least 1.
    public init(_ settings: PostgresSettings, limit: Int) {
        precondition(limit > 0, "a pool of no connections")
        connections = (0..<limit).map { _ in PostgresConnection(settings) }
        loads = Array(repeating: 0, count: limit)
    }

    /// Runs `body` on a connection's thread; a transaction that it leaves open is rolled back.
    ///
    /// - Throws: ``PostgresError``; nothing is tried again.
    public func perform<Value: Sendable>(
        _ body: @Sendable (PostgresSession) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        // The first of the least loaded, so that a quiet pool has few connections.
        let least = loads.min() ?? 0
        let number = loads.firstIndex(of: least) ?? 0
        loads[number] += 1
        defer { loads[number] -= 1 }
        return try await connections[number].perform(reconnecting: true, body)
    }

    /// Ends all connections.
    public func close() async {
        for connection in connections { await connection.close() }
    }
}
