/// How far the index of a ledger is.
public struct EntryIndexProgress: Hashable, Sendable {
    /// The number of entries that have a row.
    public var entries = 0
    /// The number of dead letters that have a row.
    public var letters = 0
    /// Where to read on: the index with which a segment begins, and the end of a frame in it.
    var segment = 0
    var position = 0
    /// The checksum of the frame that ends there, which the next one repeats.
    var checksum = 0

    init() {}

    /// Reads the one row, or returns `nil` if it makes no sense.
    init?(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let statement = try connection.prepare(
            "SELECT entries, letters, segment, position, checksum, one FROM progress"
        )
        guard try statement.step(), statement.integer(5) == 1,
            (0..<5 as Range<Int32>).allSatisfy({ statement.type($0) == .integer })
        else { return nil }
        entries = statement.integer(0)
        letters = statement.integer(1)
        segment = statement.integer(2)
        position = statement.integer(3)
        checksum = statement.integer(4)
        let limit = Int.max / 2
        let numbers = [entries, letters, segment, position]
        let isRight = numbers.allSatisfy { (0...limit).contains($0) }
        guard try !statement.step(), isRight, UInt32(exactly: checksum) != nil else { return nil }
    }
}
