import Cryptography
import Events
import Ledgers
import Merkle
import Streams
import StreamsPostgres

/// Reads what the database has of a partition, through a session that the caller owns.
struct StoredLedger {
    private let session: PostgresSession
    private let partition: Int
    private let options: PostgresLedgerStore.Options

    init(_ session: PostgresSession, _ partition: Int, _ options: PostgresLedgerStore.Options) {
        self.session = session
        self.partition = partition
        self.options = options
    }

    private func query(
        _ sql: String,
        _ parameters: PostgresValue...
    ) throws(LedgerError) -> PostgresRows {
        try LedgerError.wrap { () throws(PostgresError) in try session.query(sql, parameters) }
    }

    private func damaged(_ what: String) -> LedgerError {
        .damaged(reason: "partition \(partition): \(what)")
    }

    // MARK: Cursor and marks

    /// The cursor; offset and epoch 0 if there is none.
    func cursor() throws(LedgerError) -> Cursor {
        let rows = try query(
            "SELECT next_offset, epoch FROM caracal.cursors WHERE partition = $1",
            .integer(partition)
        )
        guard rows.count > 0 else { return Cursor(nextOffset: 0, epoch: 0) }
        return try cursor(in: rows)
    }

    private func cursor(in rows: PostgresRows) throws(LedgerError) -> Cursor {
        guard let offset = rows.integer(0, 0), let epoch = rows.integer(0, 1) else {
            throw damaged("the cursor is no number")
        }
        return Cursor(nextOffset: offset, epoch: epoch)
    }

    /// Raises the epoch in the open transaction.
    ///
    /// - Throws: ``LedgerError/refused(reason:)`` if the topic is not the one whose records are here.
    func raiseEpoch(topicID: String?) throws(LedgerError) -> Cursor {
        let rows = try query(
            """
            INSERT INTO caracal.cursors AS c (partition, topic, topic_id, epoch, row_hash)
            SELECT r.partition, r.topic, r.topic_id, r.epoch, \(RowHash.sql(
                RowHash.cursors,
                of: "r."
            ))
            FROM (SELECT $1::bigint::integer AS partition, $2::text AS topic, $3::text AS topic_id,
                0 AS next_offset, 1 AS epoch, NULL::bytea AS letter_hash) r
            ON CONFLICT (partition) DO UPDATE SET epoch = c.epoch + 1,
                topic_id = coalesce(c.topic_id, excluded.topic_id),
                row_hash = \(RowHash.sql(RowHash.cursors, of: "c.", changing: [
                    "epoch": "c.epoch + 1",
                    "topic_id": "coalesce(c.topic_id, excluded.topic_id)",
                ]))
            WHERE c.topic = excluded.topic
                AND coalesce(c.topic_id = excluded.topic_id, true)
            RETURNING next_offset, epoch
            """,
            .integer(partition),
            .text(options.topic),
            topicID.map { .text($0) } ?? .null
        )
        if rows.count == 1 { return try cursor(in: rows) }
        let held = try query(
            "SELECT topic, topic_id FROM caracal.cursors WHERE partition = $1",
            .integer(partition)
        )
        guard held.count == 1, held.text(0, 0) == options.topic else {
            let topic = held.count == 1 ? held.text(0, 0) : "nothing"
            throw .unusable(reason: "partition \(partition) is one of \(topic)")
        }
        throw .refused(
            reason: """
                partition \(partition): the topic \(options.topic) was deleted and made again: it \
                was \(held.text(0, 1)) and is \(topicID ?? ""). Nothing of the new one is \
                written: start a ledger of its own for it, with another database and another \
                ledger.origin
                """
        )
    }

    /// The mark of every producer.
    func marks() throws(LedgerError) -> [[UInt8]: Int] {
        let rows = try query(
            "SELECT producer, sequence FROM caracal.marks WHERE partition = $1 LIMIT $2",
            .integer(partition),
            .integer(options.markLimit + 1)
        )
        guard rows.count <= options.markLimit else {
            throw .unusable(
                reason: "partition \(partition) has more than \(options.markLimit) producers"
            )
        }
        var marks: [[UInt8]: Int] = [:]
        for row in 0..<rows.count { marks[rows.bytes(row, 0)] = rows.integer(row, 1) }
        return marks
    }

    // MARK: The tree

    /// What the next batch is added to.
    struct Tree {
        let frontier: TileFrontier
        /// The newest checkpoint; empty if there is none.
        let note: [UInt8]
        /// The hash over where the entries before came from, which the next one is chained to.
        let sourceHash: Digest
    }

    /// The newest checkpoint, and the right edge of its tree.
    func tree() throws(LedgerError) -> Tree {
        let rows = try query(
            """
            SELECT size, root, range, note, source_hash FROM caracal.checkpoints
            WHERE partition = $1 ORDER BY size DESC LIMIT 1
            """,
            .integer(partition)
        )
        guard rows.count > 0 else {
            return Tree(frontier: TileFrontier(), note: [], sourceHash: Digest())
        }
        let hashes = rows.withBytes(0, 2) { [Digest]($0) }
        let root = rows.withBytes(0, 1) { Digest($0) }
        guard let size = rows.integer(0, 0), size > 0,
            let range = CompactRange(size: size, hashes: hashes), range.root == root
        else { throw damaged("the newest checkpoint does not fit together") }
        let partial = try query(
            "SELECT partial FROM caracal.trees WHERE partition = $1",
            .integer(partition)
        )
        let stored = partial.count > 0 ? partial.bytes(0, 0) : []
        guard let frontier = TileFrontier(range, partial: stored)
        else { throw damaged("the tree's edge is not that of checkpoint \(size)") }
        return Tree(
            frontier: frontier,
            note: rows.bytes(0, 3),
            sourceHash: rows.withBytes(0, 4) { Digest($0) } ?? Digest()
        )
    }

    /// The hash of the newest dead letter; zero bytes if there is none.
    func lastLetterHash() throws(LedgerError) -> Digest {
        let rows = try query(
            """
            SELECT letter_hash FROM caracal.dead_letters WHERE partition = $1::bigint::integer
            ORDER BY source_offset DESC LIMIT 1
            """,
            .integer(partition)
        )
        guard rows.count > 0 else { return Digest() }
        return rows.withBytes(0, 0) { Digest($0) } ?? Digest()
    }

    /// Sees that the entries end where the tree does.
    func checkEnd(_ size: Int) throws(LedgerError) {
        let rows = try query(
            """
            SELECT index FROM caracal.entries WHERE partition = $1::bigint::integer
            ORDER BY partition DESC, index DESC LIMIT 1
            """,
            .integer(partition)
        )
        let last = rows.count > 0 ? rows.integer(0, 0) ?? -1 : -1
        guard last == size - 1 else {
            throw damaged("the last entry is \(last), and the tree has \(size)")
        }
    }

    /// The leaf hashes of the entries, from their bytes, two at a time.
    ///
    /// - Throws: ``LedgerError/damaged(_:)`` if one is missing.
    func leaves(in range: Range<Int>) throws(LedgerError) -> [Digest] {
        guard !range.isEmpty else { return [] }
        let rows = try query(
            """
            SELECT payload FROM caracal.entries WHERE partition = $1::bigint::integer
                AND index >= $2 AND index < $3 ORDER BY index
            """,
            .integer(partition),
            .integer(range.lowerBound),
            .integer(range.upperBound)
        )
        guard rows.count == range.count else {
            throw damaged(
                "of \(range.count) entries from \(range.lowerBound) \(rows.count) are there"
            )
        }
        var leaves: [Digest] = []
        leaves.reserveCapacity(range.count)
        var row = 0
        while row + 1 < rows.count {
            let pair = rows.withBytes(row, 0) { first in
                rows.withBytes(row + 1, 0) { RFC6962.leafHashes(first, $0) }
            }
            leaves.append(pair.0)
            leaves.append(pair.1)
            row += 2
        }
        if row < rows.count { leaves.append(rows.withBytes(row, 0) { RFC6962.leafHash($0) }) }
        return leaves
    }

    // MARK: Recent events

    /// How many entries are asked for at a time.
    private static let stride = 256 * TileCoordinate.fullWidth

    /// The identifiers and leaf hashes of the newest entries: from the checkpoints and the tiles where
    /// these have them, else from the entries.
    func recentEvents(limit: Int) throws(LedgerError) -> EventIDWindow {
        var window = EventIDWindow(limit: limit)
        let size = try tree().frontier.range.size
        var start = max(0, size - limit)
        while start < size {
            let batches = try query(
                """
                SELECT previous_size, size, event_keys FROM caracal.checkpoints
                WHERE partition = $1::bigint::integer AND size > $2 AND size <= $3
                ORDER BY size LIMIT 64
                """,
                .integer(partition),
                .integer(start),
                // Another owner may be writing behind it.
                .integer(size)
            )
            guard batches.count > 0, let end = batches.integer(batches.count - 1, 1), end <= size
            else { throw damaged("a checkpoint up to \(size) is missing") }
            let first = start
            let leaves = try tiledLeaves(in: first..<end, size: size)
            for row in 0..<batches.count {
                let lower = batches.integer(row, 0) ?? .max
                let upper = batches.integer(row, 1) ?? -1
                guard lower <= start, start < upper, upper <= end else {
                    throw damaged("a checkpoint up to \(size) is missing")
                }
                let own = leaves[start - first..<upper - first]
                if batches.isNull(row, 2) {
                    try insertEntries(start..<upper, own, into: &window)
                } else {
                    let isWhole = batches.withBytes(row, 2) { keys in
                        let width = EventIDWindow.Key.byteCount
                        guard keys.count == (upper - lower) * width else { return false }
                        for (place, leaf) in own.enumerated() {
                            let offset = (start - lower + place) * width
                            window.insert(EventIDWindow.Key(keys, at: offset), leaf: leaf)
                        }
                        return true
                    }
                    guard isWhole else {
                        throw damaged("checkpoint \(upper) has not a key for each event")
                    }
                }
                start = upper
            }
        }
        return window
    }

    /// Reads identifiers out of the entries themselves.
    private func insertEntries(
        _ range: Range<Int>,
        _ leaves: ArraySlice<Digest>,
        into window: inout EventIDWindow
    ) throws(LedgerError) {
        var rest = leaves
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + Self.stride)
            let rows = try query(
                """
                SELECT event_id, CASE WHEN event_id LIKE '%\u{FFFD}%' THEN payload END
                FROM caracal.entries WHERE partition = $1::bigint::integer
                    AND index >= $2 AND index < $3 ORDER BY index
                """,
                .integer(partition),
                .integer(start),
                .integer(end)
            )
            guard rows.count == end - start else { throw damaged("entries are missing") }
            for row in 0..<rows.count {
                guard let leaf = rest.popFirst() else { throw damaged("tiles are missing") }
                if rows.isNull(row, 1) {
                    rows.withBytes(row, 0) { window.insert($0, leaf: leaf) }
                } else {
                    rows.withBytes(row, 1) { payload in
                        let range = 0..<payload.count
                        if let view = try? EventView(validating: payload, in: range) {
                            window.insert(payload.extracting(view.eventID), leaf: leaf)
                        }
                    }
                }
            }
            start = end
        }
    }

    /// Leaf hashes from the full tiles, and from the entries behind them.
    private func tiledLeaves(in range: Range<Int>, size: Int) throws(LedgerError) -> [Digest] {
        let width = TileCoordinate.fullWidth
        let full = min(range.upperBound, size - size % width)
        guard range.lowerBound < full else { return try leaves(in: range) }
        let first = range.lowerBound / width
        let last = (full + width - 1) / width
        let rows = try query(
            """
            SELECT hashes FROM caracal.tiles WHERE partition = $1::bigint::integer AND level = 0
                AND tile >= $2 AND tile < $3 ORDER BY tile
            """,
            .integer(partition),
            .integer(first),
            .integer(last)
        )
        var hashes: [Digest] = []
        for row in 0..<rows.count { hashes += rows.withBytes(row, 0) { [Digest]($0) } }
        guard hashes.count == (last - first) * width else { throw damaged("a tile is missing") }
        hashes = Array(hashes[(range.lowerBound - first * width)..<(full - first * width)])
        return hashes + (try leaves(in: full..<range.upperBound))
    }
}
