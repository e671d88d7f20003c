import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsPostgres

/// The statements that end a batch's transaction.
struct BatchStatements {
    private(set) var all: [PostgresStatement] = []
    private let batch: LedgerBatch
    private let partition: PostgresValue

    /// Begins with the marks and the dead letters.
    ///
    /// - Parameters:
    ///   - batch: What is stored.
    ///   - partition: Of which topic partition.
    ///   - lastLetter: The hash of the newest dead letter; does not matter for a batch without any.
    init(_ batch: LedgerBatch, _ partition: Int, after lastLetter: Digest) {
        self.batch = batch
        self.partition = .integer(partition)
        if !batch.marks.isEmpty {
            add(
                """
                INSERT INTO caracal.marks (partition, producer, sequence, row_hash)
                SELECT $1, p, s, h FROM unnest($2::bytea[], $3::bigint[], $4::bytea[])
                    AS u (p, s, h)
                ON CONFLICT (partition, sha256(producer)) DO UPDATE SET
                    sequence = excluded.sequence, row_hash = excluded.row_hash
                """,
                .byteStrings(batch.marks.map(\.producer)),
                .integers(batch.marks.map(\.sequence)),
                .byteStrings(
                    batch.marks.map { RowHash.mark(partition, $0.producer, $0.sequence).bytes }
                )
            )
        }
        if !batch.refused.isEmpty {
            addLetters(LetterHash.chain(lastLetter, partition, batch.refused))
        }
    }

    private mutating func addLetters(_ hashes: [Digest]) {
        add(
            """
            INSERT INTO caracal.dead_letters (partition, source_offset, reason, message, bytes,
                letter_hash, created_at, is_published, is_redriven, row_hash)
            SELECT r.*, \(RowHash.sql(RowHash.deadLetters, of: "r."))
            FROM (SELECT $1 AS partition, o AS source_offset, r AS reason, m AS message, b AS bytes,
                h AS letter_hash, clock_timestamp() AS created_at, false AS is_published,
                false AS is_redriven
                FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
                    AS u (o, r, m, b, h)) r
            """,
            .integers(batch.refused.map(\.offset)),
            .texts(batch.refused.map(\.reason.rawValue)),
            .texts(batch.refused.map { Self.storable($0.message) }),
            .byteStrings(batch.refused.map(\.bytes)),
            .byteStrings(hashes.map(\.bytes))
        )
        add(
            """
            UPDATE caracal.cursors SET letter_hash = $2, row_hash = \(RowHash.sql(
                RowHash.cursors,
                changing: ["letter_hash": "$2"]
            )) WHERE partition = $1
            """,
            .bytes(hashes.last?.bytes ?? [])
        )
    }

    /// Adds what belongs to a batch with entries.
    ///
    /// - Parameters:
    ///   - note: The signed checkpoint.
    ///   - full: The tiles that became full.
    ///   - partial: The hashes that are in no full tile.
    ///   - sources: The hash over where the entries came from.
    mutating func add(
        _ note: [UInt8],
        _ full: [TileFrontier.FullTile],
        partial: [UInt8],
        _ sources: SourceHash.Result
    ) {
        if !full.isEmpty {
            add(
                """
                INSERT INTO caracal.tiles (partition, level, tile, hashes)
                SELECT $1, l, t, h FROM unnest($2::bigint[], $3::bigint[], $4::bytea[])
                    AS u (l, t, h)
                """,
                .integers(full.map(\.level)),
                .integers(full.map(\.index)),
                .byteStrings(full.map(\.hashes))
            )
        }
        add(
            """
            INSERT INTO caracal.trees (partition, partial) VALUES ($1, $2)
            ON CONFLICT (partition) DO UPDATE SET partial = excluded.partial
            """,
            .bytes(partial)
        )
        var range: [UInt8] = []
        for hash in batch.after.hashes { hash.append(to: &range) }
        add(
            """
            INSERT INTO caracal.checkpoints (partition, size, root, range, note, epoch, next_offset,
                previous_size, source_hash, source_sum, source_moment, event_keys, committed_at,
                row_hash)
            SELECT r.*, \(RowHash.sql(RowHash.checkpoints, of: "r."))
            FROM (SELECT $1 AS partition, $2 AS size, $3 AS root, $4 AS range, $5 AS note,
                $6 AS epoch, $7 AS next_offset, $8 AS previous_size, $9 AS source_hash,
                $10 AS source_sum, $11 AS source_moment, $12::bytea AS event_keys,
                clock_timestamp() AS committed_at) r
            """,
            .integer(batch.after.size),
            .bytes(batch.after.root.bytes),
            .bytes(range),
            .bytes(note),
            .integer(batch.epoch),
            .integer(batch.offsets.upper),
            .integer(batch.before.size),
            .bytes(sources.hash.bytes),
            .integer(sources.sum),
            .integer(sources.moment),
            batch.eventKeys.isEmpty ? .null : .bytes(keyBytes)
        )
    }

    private var keyBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(batch.eventKeys.count * EventIDWindow.Key.byteCount)
        for key in batch.eventKeys { key.append(to: &bytes) }
        return bytes
    }

    private mutating func add(_ sql: String, _ parameters: PostgresValue...) {
        // The first parameter is a bigint, as all integers here.
        let typed = sql.replacing(/\$1\b/, with: "$1::bigint::integer")
        all.append(PostgresStatement(typed, [partition] + parameters))
    }

    /// A text that the database takes: it has none with U+0000.
    static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
