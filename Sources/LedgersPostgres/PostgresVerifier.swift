public import Cryptography
public import Ledgers
import Merkle
public import StreamsPostgres

/// Checks a partition's ledger in the database from the first row to the last, and trusts none of it.
///
/// Every entry: its index, its bytes, the columns derived from them, and its place in the topic and in
/// its producer's sequence; the tree of every checkpoint, its signature, epoch and offset; every tile
/// and the tree's edge; marks, dead letters and the cursor. Sees one state of the database and
/// changes nothing. Needs the role `caracal_auditor`. Its calls block; the session's time for a
/// statement must let it sort all identifiers where repeats are looked for.
///
/// The entries' bytes, their order and their number are under the signature of the checkpoints, and so
/// are the columns that follow from the bytes. Where a record came from (offset, producer and its
/// number), marks, cursors, times and dead letters are under hashes without a key: whatever changes
/// one of these values is found, unless it also makes anew all hashes that follow from it. Only a
/// copy of ``PostgresVerification/sourceHash`` kept elsewhere finds that, too.
public struct PostgresVerifier {
    /// Which parts are checked.
    public struct Options: Sendable {
        /// Whether repeated identifiers are looked for, if nothing else is wrong.
        public var findsRepeats = true
        /// Sizes of saved checkpoints whose roots are wanted.
        public var watchedSizes: [Int] = []

        public init() {}
    }

    /// Says of which tree a signed note is the checkpoint, or `nil` if its signature or origin is
    /// not this log's.
    public typealias NoteVerifier = (_ note: [UInt8]) -> (size: Int, root: Digest)?

    /// How many entries are asked for at a time.
    private static let stride = 2_048
    /// How many dead letters, each of a mebibyte at most.
    private static let letterStride = 64

    private let session: PostgresSession
    private let partition: Int
    private let options: Options
    private let verifyNote: NoteVerifier
    private let report: (_ entries: Int) -> Void

    /// Makes a verifier of one partition's ledger.
    ///
    /// - Parameters:
    ///   - session: Is used until ``run()`` returns.
    ///   - partition: The ledger's.
    ///   - options: What is checked.
    ///   - verifyNote: Checks the signature of a checkpoint.
    ///   - report: Is shown how many entries are done.
    public init(
        _ session: PostgresSession,
        partition: Int,
        options: Options = Options(),
        verifyNote: @escaping NoteVerifier,
        report: @escaping (_ entries: Int) -> Void = { _ in }
    ) {
        self.session = session
        self.partition = partition
        self.options = options
        self.verifyNote = verifyNote
        self.report = report
    }

    /// Checks everything.
    ///
    /// - Returns: What was found; damage is no error here.
    /// - Throws: ``LedgerError`` if the database cannot be read, or has no such schema.
    public func run() throws(LedgerError) -> PostgresVerification {
        try LedgerSchema.check(session)
        try LedgerError.wrap { () throws(PostgresError) in
            try session.execute(
                """
                BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
                SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off
                """
            )
        }
        defer { session.rollBack() }
        var replay = PostgresReplay(partition, options.watchedSizes, verifyNote)
        replay.begin(
            cursor: try query(
                """
                SELECT next_offset, epoch, letter_hash, \(RowHash.isRight(RowHash.cursors))
                FROM caracal.cursors WHERE partition = $1
                """
            ),
            marks: try query(
                "SELECT producer, sequence, row_hash FROM caracal.marks WHERE partition = $1"
            )
        )
        try readEntries(&replay)
        replay.finish(
            edge: try query("SELECT partial FROM caracal.trees WHERE partition = $1"),
            tooManyTiles: try query(
                """
                SELECT level::bigint, tile FROM caracal.tiles WHERE partition = $1
                    AND NOT (\(replay.tileCondition)) ORDER BY level, tile LIMIT 1000
                """
            )
        )
        try readDeadLetters(&replay)
        if options.findsRepeats, replay.found.isSound { try findRepeats(&replay.found) }
        return replay.found
    }

    private func query(
        _ sql: String,
        _ parameters: Int...
    ) throws(LedgerError) -> PostgresRows {
        let typed = sql.replacing("$1", with: "$1::bigint::integer")
        return try LedgerError.wrap { () throws(PostgresError) in
            try session.query(typed, ([partition] + parameters).map { .integer($0) })
        }
    }

    /// Reads entries and, beside them, the checkpoints and tiles that they complete.
    private func readEntries(_ replay: inout PostgresReplay) throws(LedgerError) {
        var next = 0
        var size = 0
        while true {
            let rows = try query(
                """
                SELECT \(EntryColumns.list) FROM caracal.entries
                WHERE partition = $1 AND index >= $2 ORDER BY index LIMIT \(Self.stride)
                """,
                next
            )
            let upper = rows.count > 0 ? (rows.integer(rows.count - 1, 0) ?? next) + 1 : Int.max
            // The trees up to the last of these entries, and at the end those beyond.
            while true {
                let checkpoints = try query(
                    """
                    SELECT \(PostgresReplay.checkpointColumns) FROM caracal.checkpoints
                    WHERE partition = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT 4096
                    """,
                    size,
                    upper
                )
                replay.expect(checkpoints)
                guard checkpoints.count > 0 else { break }
                size = checkpoints.integer(checkpoints.count - 1, 0) ?? upper
                if checkpoints.count < 4_096 { break }
            }
            let full = replay.add(rows)
            try compare(full, &replay)
            report(replay.found.entries)
            guard rows.count == Self.stride else { break }
            next = upper
        }
        replay.expect(
            try query(
                """
                SELECT \(PostgresReplay.checkpointColumns) FROM caracal.checkpoints
                WHERE partition = $1 AND size > $2 ORDER BY size LIMIT 64
                """,
                size
            )
        )
    }

    /// Compares tiles that became full with those that are stored.
    private func compare(
        _ full: [TileFrontier.FullTile],
        _ replay: inout PostgresReplay
    ) throws(LedgerError) {
        for level in Set(full.map(\.level)).sorted() {
            let tiles = full.filter { $0.level == level }
            guard let first = tiles.first?.index, let last = tiles.last?.index else { continue }
            let rows = try query(
                """
                SELECT tile, hashes FROM caracal.tiles WHERE partition = $1 AND level = $2
                    AND tile >= $3 AND tile <= $4 ORDER BY tile
                """,
                level,
                first,
                last
            )
            replay.compare(tiles, rows)
        }
    }

    private func readDeadLetters(_ replay: inout PostgresReplay) throws(LedgerError) {
        var next = 0
        while true {
            let rows = try query(
                """
                SELECT source_offset, reason, message, bytes, letter_hash,
                    \(RowHash.isRight(RowHash.deadLetters))
                FROM caracal.dead_letters WHERE partition = $1 AND source_offset >= $2
                ORDER BY source_offset LIMIT \(Self.letterStride)
                """,
                next
            )
            replay.add(deadLetters: rows)
            guard rows.count == Self.letterStride, let last = rows.integer(rows.count - 1, 0)
            else { break }
            next = last + 1
        }
        replay.finishLetters()
    }

    private func findRepeats(_ found: inout PostgresVerification) throws(LedgerError) {
        let rows = try query(
            """
            SELECT event_id, first, index, sum(1) OVER () FROM (
                SELECT event_id, index, min(index) OVER (PARTITION BY event_id) AS first
                FROM caracal.entries WHERE partition = $1
            ) e WHERE index > first ORDER BY index LIMIT \(PostgresVerification.limit)
            """
        )
        for row in 0..<rows.count {
            found.repeatCount = rows.integer(row, 3) ?? rows.count
            found.repeats.append(
                PostgresRepeat(
                    eventID: rows.text(row, 0),
                    index: rows.integer(row, 2) ?? 0,
                    first: rows.integer(row, 1) ?? 0
                )
            )
        }
    }
}
