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
    init(_ batch: LedgerBatch, _ partition: Int) {
        self.batch = batch
        self.partition = .integer(partition)
        if !batch.marks.isEmpty {
            add(
                """
                INSERT INTO caracal.marks (partition, producer, sequence)
                SELECT $1, p, s FROM unnest($2::bytea[], $3::bigint[]) AS u (p, s)
                ON CONFLICT (partition, sha256(producer)) DO UPDATE SET sequence = excluded.sequence
                """,
                .byteStrings(batch.marks.map(\.producer)),
                .integers(batch.marks.map(\.sequence))
            )
        }
        if !batch.refused.isEmpty {
            add(
                """
                INSERT INTO caracal.dead_letters (partition, source_offset, reason, message, bytes)
                SELECT $1, o, r, m, b
                FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[]) AS u (o, r, m, b)
                """,
                .integers(batch.refused.map(\.offset)),
                .texts(batch.refused.map(\.reason.rawValue)),
                .texts(batch.refused.map { Self.storable($0.message) }),
                .byteStrings(batch.refused.map(\.bytes))
            )
        }
    }

    /// Adds what belongs to a batch with entries.
    ///
    /// - Parameters:
    ///   - note: The signed checkpoint.
    ///   - full: The tiles that became full.
    ///   - partial: The hashes that are in no full tile.
    mutating func add(_ note: [UInt8], _ full: [TileFrontier.FullTile], partial: [UInt8]) {
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
            INSERT INTO caracal.checkpoints (partition, size, root, range, note, epoch, next_offset)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            .integer(batch.after.size),
            .bytes(batch.after.root.bytes),
            .bytes(range),
            .bytes(note),
            .integer(batch.epoch),
            .integer(batch.offsets.upper)
        )
    }

    private mutating func add(_ sql: String, _ parameters: PostgresValue...) {
        // The first parameter is a bigint, as all integers here.
        let typed = sql.replacing("$1", with: "$1::bigint::integer")
        all.append(PostgresStatement(typed, [partition] + parameters))
    }

    /// A text that the database takes: it has none with U+0000.
    static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
