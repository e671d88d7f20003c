import Synchronization

/// Counts the connections that are open, of all settings that it is handed to.
///
/// Read from any thread, for a metric.
public final class PostgresConnectionCount: Sendable, Hashable {
    private let open = Atomic(0)

    public init() {}

    /// How many are open now.
    public var value: Int { open.load(ordering: .relaxed) }

    func add(_ number: Int) { open.add(number, ordering: .relaxed) }

    public static func == (lhs: PostgresConnectionCount, rhs: PostgresConnectionCount) -> Bool {
        lhs === rhs
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
