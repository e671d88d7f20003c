import Cryptography
public import Ledgers
public import Merkle
public import StreamsPostgres

/// Reads a partition's ledger as it was stored when the reader was made; writes nothing.
///
/// Its calls block, and go through a session that it shares with its maker; visitors may not use it.
/// Needs the role `caracal_reader`; dead letters need `caracal_auditor`.
public struct PostgresLedgerReader {
    /// How many entries are asked for at a time.
    static let stride = 1_024

    /// How far this reader sees.
    public let head: PostgresLedgerHead
    let session: PostgresSession
    private let frontier: TileFrontier

    /// The partitions that have a ledger, in order.
    public static func partitions(_ session: PostgresSession) throws(LedgerError) -> [Int] {
        try LedgerSchema.check(session)
        return try LedgerError.wrap { () throws(PostgresError) in
            let rows = try session.query("SELECT partition FROM caracal.cursors ORDER BY 1")
            return (0..<rows.count).compactMap { rows.integer($0, 0) }
        }
    }

    /// Opens the ledger of a partition.
    ///
    /// - Throws: ``LedgerError``: `unusable` if there is none, `damaged` if its newest checkpoint does
    ///   not fit together.
    public init(_ session: PostgresSession, partition: Int) throws(LedgerError) {
        try LedgerSchema.check(session)
        let rows = try LedgerError.wrap { () throws(PostgresError) in
            // One statement sees one state of the database.
            try session.query(
                """
                SELECT c.topic, c.next_offset, c.epoch, p.size, p.root, p.range, p.note, t.partial
                FROM caracal.cursors c
                LEFT JOIN LATERAL (SELECT * FROM caracal.checkpoints p
                    WHERE p.partition = c.partition ORDER BY size DESC LIMIT 1) p ON true
                LEFT JOIN caracal.trees t ON t.partition = c.partition
                WHERE c.partition = $1
                """,
                [.integer(partition)]
            )
        }
        guard rows.count == 1, let next = rows.integer(0, 1), let epoch = rows.integer(0, 2) else {
            throw .unusable(reason: "there is no ledger of partition \(partition)")
        }
        var frontier = TileFrontier()
        if !rows.isNull(0, 3) {
            let hashes = rows.withBytes(0, 5) { [Digest]($0) }
            guard let size = rows.integer(0, 3), size > 0,
                let range = CompactRange(size: size, hashes: hashes),
                let stored = TileFrontier(range, partial: rows.bytes(0, 7)),
                range.root == rows.withBytes(0, 4, { Digest($0) })
            else {
                throw .damaged(
                    reason: "partition \(partition): the newest checkpoint does not fit together"
                )
            }
            frontier = stored
        }
        head = PostgresLedgerHead(
            partition: partition,
            topic: rows.text(0, 0),
            size: frontier.range.size,
            root: frontier.range.root,
            note: rows.bytes(0, 6),
            nextOffset: next,
            epoch: epoch
        )
        self.session = session
        self.frontier = frontier
    }

    private func query(
        _ sql: String,
        _ parameters: PostgresValue...
    ) throws(LedgerError) -> PostgresRows {
        try LedgerError.wrap { () throws(PostgresError) in try session.query(sql, parameters) }
    }

    // MARK: Entries

    /// Visits the entries of `range`, in order, each by its index and its canonical bytes.
    ///
    /// - Parameters:
    ///   - range: Indices below the head's size; more than that is left out.
    ///   - visit: Returns whether to go on.
    /// - Throws: ``LedgerError``: `damaged` if an entry is missing; or what `visit` throws.
    public func entries(
        in range: Range<Int>,
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let range = range.clamped(to: 0..<head.size)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + Self.stride)
            let rows = try query(
                """
                SELECT payload FROM caracal.entries WHERE partition = $1::bigint::integer
                    AND index >= $2 AND index < $3 ORDER BY index
                """,
                .integer(head.partition),
                .integer(start),
                .integer(end)
            )
            guard rows.count == end - start else {
                throw .damaged(
                    reason: "partition \(head.partition): of the entries \(start) to \(end - 1) "
                        + "only \(rows.count) are there"
                )
            }
            for row in 0..<rows.count {
                let bytes = rows.bytes(row, 0)
                if try !visit(start + row, bytes.span) { return }
            }
            start = end
        }
    }

    /// Visits the entries that an agent and a time select by their columns, in order.
    ///
    /// - Parameters:
    ///   - agent: Exactly this agent; all without one.
    ///   - times: Nanoseconds since 1970: the first that counts, and the first that does not.
    ///   - visit: Returns whether to go on.
    /// - Throws: ``LedgerError``, or what `visit` throws.
    public func entries(
        agent: String?,
        times: (from: Int?, to: Int?),
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        var next = 0
        while true {
            let rows = try query(
                """
                SELECT index, payload FROM caracal.entries WHERE partition = $1::bigint::integer
                    AND index >= $2 AND index < $3 AND event_time >= $4 AND event_time < $5
                    AND ($6::text IS NULL OR agent_id = $6) ORDER BY index LIMIT $7
                """,
                .integer(head.partition),
                .integer(next),
                .integer(head.size),
                .integer(times.from ?? .min),
                .integer(times.to ?? .max),
                agent.map { .text(BatchStatements.storable($0)) } ?? .null,
                .integer(Self.stride)
            )
            for row in 0..<rows.count {
                let index = rows.integer(row, 0) ?? 0
                let bytes = rows.bytes(row, 1)
                if try !visit(index, bytes.span) { return }
                next = index + 1
            }
            if rows.count < Self.stride { return }
        }
    }

    /// The canonical bytes of the entry with this index, or `nil` if there is none.
    public func entry(_ index: Int) throws(LedgerError) -> [UInt8]? {
        guard (0..<head.size).contains(index) else { return nil }
        let rows = try query(
            "SELECT payload FROM caracal.entries WHERE partition = $1::bigint::integer AND index = $2",
            .integer(head.partition),
            .integer(index)
        )
        guard rows.count == 1 else {
            throw .damaged(reason: "partition \(head.partition): entry \(index) is missing")
        }
        return rows.bytes(0, 0)
    }

    /// The index of the newest entry of the event with this identifier, or `nil` if there is none.
    ///
    /// Quick where vacuum has been since the entry was stored; the rest is searched row by row.
    public func index(ofEvent id: String) throws(LedgerError) -> Int? {
        let isAlone = !session.isInTransaction
        if isAlone {
            // The planner does not know how few rows the BRIN index leaves.
            try LedgerError.wrap { () throws(PostgresError) in
                try session.execute(
                    "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
                )
            }
        }
        defer { if isAlone { session.rollBack() } }
        let rows = try query(
            """
            SELECT index FROM caracal.entries WHERE partition = $1::bigint::integer
                AND event_id = $2
            """,
            .integer(head.partition),
            .text(BatchStatements.storable(id))
        )
        return (0..<rows.count).compactMap { rows.integer($0, 0) }.filter { $0 < head.size }.max()
    }

    // MARK: Checkpoints and proofs

    /// Visits every checkpoint that was signed, oldest first: the size it is for and the note.
    public func checkpoints(
        _ visit: (_ size: Int, _ note: [UInt8]) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        var last = 0
        while true {
            let rows = try query(
                """
                SELECT size, note FROM caracal.checkpoints
                WHERE partition = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT $4
                """,
                .integer(head.partition),
                .integer(last),
                .integer(head.size),
                .integer(Self.stride)
            )
            for row in 0..<rows.count {
                last = rows.integer(row, 0) ?? head.size
                if try !visit(last, rows.bytes(row, 1)) { return }
            }
            if rows.count < Self.stride { return }
        }
    }

    /// The hashes of the tree, from the tiles; asking for them throws ``LedgerError``.
    public var hashes: TiledHashes {
        TiledHashes(size: head.size) { level, range in try tiled(level, range) }
    }

    private func tiled(_ level: Int, _ range: Range<Int>) throws(LedgerError) -> [Digest] {
        let full = TileLayout(size: head.size).fullTileCount(level: level)
        let width = TileCoordinate.fullWidth
        guard range.lowerBound < full * width else {
            guard frontier.partial.indices.contains(level) else { return [] }
            return Array(frontier.partial[level].dropFirst(range.lowerBound - full * width))
                .prefix(range.count).map { $0 }
        }
        // All places that are folded together lie in one tile.
        let tile = range.lowerBound / width
        let rows = try query(
            "SELECT hashes FROM caracal.tiles WHERE partition = $1 AND level = $2 AND tile = $3",
            .integer(head.partition),
            .integer(level),
            .integer(tile)
        )
        guard rows.count == 1 else {
            throw .damaged(
                reason: "partition \(head.partition): tile \(tile) of level \(level) is missing"
            )
        }
        let hashes = rows.withBytes(0, 0) { [Digest]($0) }
        guard hashes.count == width, range.upperBound <= (tile + 1) * width else { return [] }
        return Array(hashes[range.lowerBound - tile * width..<range.upperBound - tile * width])
    }

    // MARK: Dead letters

    /// How many dead letters there are.
    public func deadLetterCount() throws(LedgerError) -> Int {
        let rows = try query(
            "SELECT count(*) FROM caracal.dead_letters WHERE partition = $1",
            .integer(head.partition)
        )
        return rows.count == 1 ? rows.integer(0, 0) ?? 0 : 0
    }

    /// Visits dead letters by their offset, from `offset` on.
    ///
    /// - Parameters:
    ///   - offset: The first that counts.
    ///   - unpublishedOnly: Whether those that were copied to the topic are left out.
    ///   - visit: Returns whether to go on.
    /// - Throws: ``LedgerError``, or what `visit` throws.
    public func deadLetters(
        from offset: Int = 0,
        unpublishedOnly: Bool = false,
        _ visit: (PostgresDeadLetter) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        var next = offset
        let condition = unpublishedOnly ? "AND NOT is_published" : ""
        while true {
            let rows = try query(
                """
                SELECT \(PostgresDeadLetter.columns)
                FROM caracal.dead_letters WHERE partition = $1 AND source_offset >= $2 \(condition)
                ORDER BY source_offset LIMIT 64
                """,
                .integer(head.partition),
                .integer(next)
            )
            for row in 0..<rows.count {
                let letter = PostgresDeadLetter(rows, row)
                if try !visit(letter) { return }
                next = letter.record.offset + 1
            }
            if rows.count < 64 { return }
        }
    }
}
