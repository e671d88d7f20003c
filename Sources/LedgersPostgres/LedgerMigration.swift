/// One numbered step of the database's schema: statements that run once, in one transaction.
///
/// A step that has been released is never changed; what it got wrong is put right by the next.
public struct LedgerMigration: Hashable, Sendable {
    /// Counted from 1 without gaps.
    public let version: Int
    /// A few words for people.
    public let name: String
    /// Statements without parameters, separated by semicolons.
    public let sql: String
}

extension LedgerMigration {
    /// Every step, in order.
    public static let all = [tables, roles, hashes]
}
