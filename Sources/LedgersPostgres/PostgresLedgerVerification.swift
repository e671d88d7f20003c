public import Cryptography

/// Something in a ledger's tables that is not as it was written.
public struct PostgresLedgerProblem: Hashable, Sendable {
    public let what: String
    /// The table, with its schema.
    public let table: String
    public let partition: Int
    /// The entry, the size of the checkpoint or the offset of the dead letter that it is about.
    public let index: Int?
}

/// What a full check of one partition's ledger has found.
public struct PostgresLedgerVerification: Sendable {
    /// The most problems that are kept; ``problemCount`` counts all.
    public static let problemLimit = 1_000
    /// The most repeats that are kept.
    public static let repeatLimit = 1_000

    public let partition: Int
    /// The first problems.
    public internal(set) var problems: [PostgresLedgerProblem] = []
    public internal(set) var problemCount = 0
    /// How many entries and checkpoints were read.
    public internal(set) var entries = 0
    public internal(set) var checkpoints = 0
    public internal(set) var letters = 0
    /// The tree over all entries that the newest checkpoint covers.
    public internal(set) var size = 0
    public internal(set) var root = Digest()
    /// The recomputed roots of the trees of the sizes that were asked for.
    public internal(set) var roots: [Int: Digest] = [:]
    /// Entries that repeat an event: the identifier, and how many entries have it.
    public internal(set) var repeats: [(eventID: String, count: Int)] = []

    mutating func note(_ what: String, _ table: String, _ index: Int? = nil) {
        problemCount += 1
        guard problems.count < Self.problemLimit else { return }
        problems.append(
            PostgresLedgerProblem(
                what: what,
                table: "caracal.\(table)",
                partition: partition,
                index: index
            )
        )
    }
}
