public import Cryptography

/// Something in the database that is not as it was written.
public struct PostgresProblem: Hashable, Sendable {
    public let what: String
    /// The ledger's partition; `nil` for a table that belongs to none.
    public let partition: Int?
    /// The table, without the schema.
    public let table: String
    /// The column, if it is about one.
    public let column: String?
    /// The entry's index, the checkpoint's size, the tile's number or the letter's offset, if it is
    /// about one.
    public let index: Int?
    /// What tells the row from the others of its table and partition, if it is about one.
    public let row: String?

    init(
        what: String,
        partition: Int?,
        table: String,
        column: String? = nil,
        index: Int? = nil,
        row: String? = nil
    ) {
        self.what = what
        self.partition = partition
        self.table = table
        self.column = column
        self.index = index
        self.row = row ?? index.map { "\($0)" }
    }
}

extension PostgresProblem: CustomStringConvertible {
    public var description: String {
        let place = column.map { "\(table).\($0)" } ?? table
        let row = row.map { " row \($0)" } ?? ""
        return "\(partition.map { "partition \($0), " } ?? "")\(place)\(row): \(what)"
    }
}

/// Two entries with the identifier of one event: allowed where they are far apart, and worth knowing.
public struct PostgresRepeat: Hashable, Sendable {
    public let eventID: String
    /// The entry that repeats, and the first one with this identifier.
    public let index: Int
    public let first: Int

    public init(eventID: String, index: Int, first: Int) {
        self.eventID = eventID
        self.index = index
        self.first = first
    }
}

/// What a full check of a partition's ledger has found.
public struct PostgresVerification: Sendable {
    /// The most problems and repeats that are kept; the counts count all.
    public static let limit = 1_000

    public let partition: Int
    public internal(set) var problems: [PostgresProblem] = []
    public internal(set) var problemCount = 0
    /// How many entries, checkpoints and full tiles were compared.
    public internal(set) var entries = 0
    public internal(set) var checkpoints = 0
    public internal(set) var tiles = 0
    public internal(set) var deadLetters = 0
    /// The tree over all entries, as far as they could be read.
    public internal(set) var size = 0
    public internal(set) var root = Digest()
    public internal(set) var nextOffset = 0
    /// The hash over where all entries under a checkpoint came from; zero bytes if none is known.
    public internal(set) var sourceHash = Digest()
    /// The first repeats of identifiers, and how many entries repeat one.
    public internal(set) var repeats: [PostgresRepeat] = []
    public internal(set) var repeatCount = 0
    /// The recomputed roots of the trees of the sizes that were watched, where they could be.
    public internal(set) var roots: [Int: Digest] = [:]

    /// Whether all is as it was written.
    public var isSound: Bool { problemCount == 0 }

    mutating func note(
        _ what: String,
        _ table: String,
        _ column: String? = nil,
        row: Int? = nil,
        named name: String? = nil
    ) {
        problemCount += 1
        guard problems.count < Self.limit else { return }
        problems.append(
            PostgresProblem(
                what: what,
                partition: partition,
                table: table,
                column: column,
                index: row,
                row: name
            )
        )
    }
}
