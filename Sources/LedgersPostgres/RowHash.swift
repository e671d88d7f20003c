import Cryptography

/// The hash of a row beside its columns, for rows that no tree covers.
///
/// It is made by the statement that writes the row, from what the row is to hold, so that a value
/// that changes later shows. It has no key: it finds damage and stray statements, not somebody who
/// may write to the database and makes it anew.
enum RowHash {
    /// The columns of a table whose values are hashed, in their order.
    static let migrations = columns("version", "name", time: "applied_at")
    static let cursors = columns(
        "partition",
        "topic",
        "topic_id",
        "next_offset",
        "epoch",
        bytes: "letter_hash"
    )
    static let checkpoints = columns(
        "partition",
        "size",
        "previous_size",
        "epoch",
        "next_offset",
        "source_sum",
        "source_moment",
        time: "committed_at",
        bytes: "root",
        "range",
        "note",
        "source_hash",
        "event_keys"
    )
    static let deadLetters = columns(
        "partition",
        "source_offset",
        "reason",
        "is_published",
        "is_redriven",
        time: "created_at",
        bytes: "message",
        "bytes",
        "letter_hash"
    )

    /// The column that holds the hash.
    static let name = "row_hash"

    /// An expression of the values: what stands in a row, or is to stand there.
    ///
    /// - Parameters:
    ///   - columns: One of the lists of this type.
    ///   - source: The name of the row, with a dot; empty for the only one.
    ///   - changes: Expressions for columns that change.
    /// - Returns: The expression.
    static func sql(
        _ columns: [Column],
        of source: String = "",
        changing changes: [String: String] = [:]
    ) -> String {
        let values = columns.map { column in
            column.text(changes[column.name] ?? source + column.name)
        }
        // The text of a row puts quotes where two rows could look alike.
        return "sha256(convert_to(ROW(\(values.joined(separator: ", ")))::text, 'UTF8'))"
    }

    /// Whether a row's hash is that of its values.
    static func isRight(_ columns: [Column], of source: String = "") -> String {
        "\(source)\(name) IS NOT DISTINCT FROM \(sql(columns, of: source))"
    }

    /// The hash of a producer's mark.
    static func mark(_ partition: Int, _ producer: [UInt8], _ sequence: Int) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + producer.count)
        append(partition, to: &bytes)
        append(sequence, to: &bytes)
        bytes += producer
        return SHA256.digest(of: bytes)
    }

    /// The same, as an expression of the row.
    static let markSQL = "sha256(int8send(partition::bigint) || int8send(sequence) || producer)"

    static func append(_ value: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    // MARK: Columns

    /// A column, and how its value becomes text that depends on no setting of a session.
    struct Column {
        enum Kind { case plain, time, bytes }

        let name: String
        let kind: Kind

        func text(_ value: String) -> String {
            switch kind {
            case .plain: value
            case .time: "encode(timestamptz_send(\(value)), 'hex')"
            case .bytes:
                name == "message"
                    ? "encode(sha256(convert_to(\(value), 'UTF8')), 'hex')"
                    : "encode(sha256(\(value)), 'hex')"
            }
        }
    }

    private static func columns(
        _ plain: String...,
        time: String? = nil,
        bytes: String...
    ) -> [Column] {
        plain.map { Column(name: $0, kind: .plain) }
            + (time.map { [Column(name: $0, kind: .time)] } ?? [])
            + bytes.map { Column(name: $0, kind: .bytes) }
    }
}
