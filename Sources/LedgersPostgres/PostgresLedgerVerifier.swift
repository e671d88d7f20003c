public import Cryptography
import Events
public import Ledgers
import Merkle
import Streams
public import StreamsPostgres

/// Checks everything that the database has of a partition's ledger, from the entries' bytes up.
///
/// Every column against the bytes, indices without a gap, every checkpoint's root, tree and
/// signature, every tile, the tree's edge, dead letters, marks and cursor. What is added meanwhile is
/// left out. It holds a page of rows, the newest hashes of each level and the marks.
public struct PostgresLedgerVerifier {
    /// What a note says, if its signature is right.
    public typealias NoteCheck = (_ note: [UInt8]) -> (size: Int, root: Digest)?

    private let session: PostgresSession
    private let partition: Int
    private let watchedSizes: Set<Int>
    private let verifyNote: NoteCheck
    private let report: (_ entries: Int) -> Void

    private var found: PostgresLedgerVerification
    private var frontier = TileFrontier()
    private var rowCheck = EntryRowCheck()
    private var checkpoints: CheckpointPages
    private var letters: LetterPages
    private var marks: [[UInt8]: Int] = [:]
    private var lastOffset = -1

    /// Makes a verifier; nothing is read yet.
    ///
    /// - Parameters:
    ///   - session: As a user with the role `caracal_auditor`.
    ///   - partition: The topic's partition.
    ///   - watchedSizes: Sizes of trees whose roots are wanted.
    ///   - verifyNote: Checks a signed checkpoint.
    ///   - report: Is told now and then how many entries have been checked.
    public init(
        _ session: PostgresSession,
        partition: Int,
        watchedSizes: Set<Int> = [],
        verifyNote: @escaping NoteCheck,
        report: @escaping (_ entries: Int) -> Void = { _ in }
    ) {
        self.session = session
        self.partition = partition
        self.watchedSizes = watchedSizes
        self.verifyNote = verifyNote
        self.report = report
        found = PostgresLedgerVerification(partition: partition)
        checkpoints = CheckpointPages(session, partition)
        letters = LetterPages(session, partition)
    }

    /// Reads and checks all of it.
    ///
    /// - Throws: ``LedgerError`` only if the database does not answer, or has no ledgers; whatever is
    ///   wrong with what it answers is among the problems.
    public mutating func run() throws(LedgerError) -> PostgresLedgerVerification {
        try LedgerSchema.check(session)
        // One statement sees one state of the database.
        let end = try query(
            """
            SELECT (SELECT coalesce(max(size), 0) FROM caracal.checkpoints WHERE partition = $1),
                (SELECT coalesce(max(next_offset), 0) FROM caracal.cursors WHERE partition = $1),
                (SELECT partial FROM caracal.trees WHERE partition = $1)
            """
        )
        let size = end.integer(0, 0) ?? 0
        let cursor = end.integer(0, 1) ?? 0
        if let root = watchedSizes.contains(0) ? frontier.range.root : nil { found.roots[0] = root }
        try checkEntries(upTo: size)
        if frontier.range.size == size { try checkEdge(end.bytes(0, 2)) }
        try checkLetters(upTo: .max)
        try checkMarks()
        if cursor <= lastOffset {
            found.note(
                "the cursor is at \(cursor), and the last entry came from offset \(lastOffset)",
                "cursors"
            )
        }
        try findRepeats()
        found.size = frontier.range.size
        found.root = frontier.range.root
        return found
    }

    private func query(
        _ sql: String,
        _ parameters: PostgresValue...
    ) throws(LedgerError) -> PostgresRows {
        let typed = sql.replacing("$1", with: "$1::bigint::integer")
        return try LedgerError.wrap { () throws(PostgresError) in
            try session.query(typed, [.integer(partition)] + parameters)
        }
    }

    // MARK: Entries

    private mutating func checkEntries(upTo size: Int) throws(LedgerError) {
        var next = 0
        var stride = PageStride()
        while next < size {
            let end = min(size, next + stride.rows)
            let rows = try query(
                """
                SELECT \(EntryRows.columns) FROM caracal.entries
                WHERE partition = $1 AND index >= $2 AND index < $3 ORDER BY index
                """,
                .integer(next),
                .integer(end)
            )
            guard let (leaves, byteCount) = try check(rows, from: next, to: end) else { return }
            try integrate(leaves)
            stride.adapt(rows: rows.count, bytes: byteCount)
            next = end
            found.entries = next
            report(next)
        }
    }

    /// Checks a page of rows.
    ///
    /// - Returns: The leaf hashes; `nil` if an entry is missing, behind which nothing can be checked.
    private mutating func check(
        _ rows: PostgresRows,
        from first: Int,
        to end: Int
    ) throws(LedgerError) -> (leaves: [Digest], byteCount: Int)? {
        var leaves: [Digest] = []
        leaves.reserveCapacity(rows.count)
        var byteCount = 0
        for row in 0..<rows.count {
            let expected = first + row
            guard rows.integer(row, 0) == expected else { break }
            if let column = rowCheck.firstWrong(rows, row) {
                found.note("column \(column.name) is not what payload says", "entries", expected)
            }
            try checkSource(rows, row, expected)
            rows.withBytes(row, EntryRowCheck.Column.payload.rawValue) { payload in
                leaves.append(RFC6962.leafHash(payload))
                byteCount += payload.count
            }
        }
        if leaves.count == end - first { return (leaves, byteCount) }
        found.note("is missing; what follows was not checked", "entries", first + leaves.count)
        return nil
    }

    /// Checks where a row came from: offsets rise, and none is a dead letter too.
    private mutating func checkSource(
        _ rows: PostgresRows,
        _ row: Int,
        _ index: Int
    ) throws(LedgerError) {
        let offset = rows.integer(row, EntryRowCheck.Column.sourceOffset.rawValue) ?? -1
        if offset <= lastOffset {
            found.note("source_offset \(offset) is not above the one before", "entries", index)
        } else {
            try checkLetters(upTo: offset)
            if letters.current == offset {
                found.note("offset \(offset) is an entry and a dead letter", "entries", index)
            }
            lastOffset = offset
        }
        let sequence = rows.integer(row, EntryRowCheck.Column.sequence.rawValue) ?? -1
        guard sequence >= 0 else { return }
        let producer = rows.bytes(row, EntryRowCheck.Column.producer.rawValue)
        if let mark = marks[producer], sequence <= mark {
            found.note(
                "sequence \(sequence) of its producer is there already (up to \(mark))",
                "entries",
                index
            )
        }
        marks[producer] = sequence
    }

    // MARK: Tree

    /// Appends leaves up to each checkpoint in turn.
    private mutating func integrate(_ leaves: [Digest]) throws(LedgerError) {
        var rest = leaves[...]
        while !rest.isEmpty {
            let size = frontier.range.size
            let stops = [try checkpoints.next()?.size, nextWatched(after: size)]
                .compactMap(\.self).filter { $0 > size }
            let count = min(rest.count, (stops.min() ?? .max) - size)
            try checkTiles(frontier.append(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
            if watchedSizes.contains(frontier.range.size) {
                found.roots[frontier.range.size] = frontier.range.root
            }
            while let checkpoint = try checkpoints.next(), checkpoint.size <= frontier.range.size {
                check(checkpoint)
                checkpoints.drop()
            }
        }
    }

    private func nextWatched(after size: Int) -> Int? {
        watchedSizes.filter { $0 > size }.min()
    }

    private mutating func check(_ checkpoint: CheckpointPages.Row) {
        found.checkpoints += 1
        let range = frontier.range
        let size = checkpoint.size
        guard size == range.size else {
            return found.note("has no tree of its size", "checkpoints", size)
        }
        if checkpoint.root != range.root.bytes {
            found.note("column root is not the root of the entries", "checkpoints", size)
        }
        if [Digest](checkpoint.range.span) != range.hashes
            || checkpoint.range.count != range.hashes.count * Digest.byteCount
        {
            found.note("column range is not that of the entries", "checkpoints", size)
        }
        guard let signed = verifyNote(checkpoint.note) else {
            return found.note("column note is not signed with the key", "checkpoints", size)
        }
        if signed.size != size || signed.root != range.root {
            found.note("column note is of another tree", "checkpoints", size)
        }
    }

    private mutating func checkTiles(_ full: [TileFrontier.FullTile]) throws(LedgerError) {
        for tile in full {
            let rows = try query(
                "SELECT hashes FROM caracal.tiles WHERE partition = $1 AND level = $2 AND tile = $3",
                .integer(tile.level),
                .integer(tile.index)
            )
            let name = "the tile \(tile.index) of level \(tile.level)"
            if rows.count == 0 {
                found.note("\(name) is missing", "tiles", tile.index)
            } else if rows.bytes(0, 0) != tile.hashes {
                found.note("\(name) is not that of the entries", "tiles", tile.index)
            }
        }
    }

    /// Compares the stored right edge, and looks for more than the tree has.
    private mutating func checkEdge(_ stored: [UInt8]) throws(LedgerError) {
        let size = frontier.range.size
        if stored != frontier.bytes {
            found.note("column partial is not the edge of the tree of \(size) entries", "trees")
        }
        let last = try query(
            "SELECT max(index) FROM caracal.entries WHERE partition = $1"
        )
        let newest = try query(
            "SELECT coalesce(max(size), 0) FROM caracal.checkpoints WHERE partition = $1"
        )
        if let last = last.integer(0, 0), let newest = newest.integer(0, 0), last >= newest {
            found.note("is beyond the newest checkpoint, which has \(newest)", "entries", last)
        }
    }

    // MARK: The rest

    /// Counts the dead letters below `offset`.
    private mutating func checkLetters(upTo offset: Int) throws(LedgerError) {
        while let letter = try letters.next(), letter < offset {
            found.letters += 1
            letters.drop()
        }
    }

    private mutating func checkMarks() throws(LedgerError) {
        var left = marks
        let rows = try query("SELECT producer, sequence FROM caracal.marks WHERE partition = $1")
        for row in 0..<rows.count {
            guard let mark = left.removeValue(forKey: rows.bytes(row, 0)) else { continue }
            let stored = rows.integer(row, 1) ?? -1
            if stored < mark {
                found.note(
                    "the mark of producer '\(rows.text(row, 0))' is \(stored), and its last entry "
                        + "has \(mark)",
                    "marks"
                )
            }
        }
        for producer in left.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let name = String(decoding: producer, as: UTF8.self)
            found.note("there is no mark of producer '\(name)'", "marks")
        }
    }

    private mutating func findRepeats() throws(LedgerError) {
        let rows = try query(
            """
            SELECT event_id, count(*) FROM caracal.entries WHERE partition = $1
            GROUP BY event_id HAVING count(*) > 1 ORDER BY event_id LIMIT $2
            """,
            .integer(PostgresLedgerVerification.repeatLimit)
        )
        found.repeats = (0..<rows.count).map { (rows.text($0, 0), rows.integer($0, 1) ?? 0) }
    }
}
