import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsEmbedded

/// What a frame beside entries says: where the ledger stands once it is durable.
///
/// Little-endian; a string is its length in 32 bits and its bytes:
///
///     UInt64  offset from which the batch was read
///     UInt64  offset from which to go on
///     UInt64  epoch
///     UInt64  number of entries
///     UInt8   number of digests, then the digests of the compact range
///     string  the newest checkpoint, a signed note; empty before the first
///     UInt64  dead letters before this record
///     UInt32  repeats that this batch left out
///     UInt32  number of marks; each a string, the producer, and UInt64
///     UInt32  number of dead letters; each UInt64 offset, UInt8 reason, string message, string bytes
struct LedgerRecord: Equatable, Sendable {
    var from: Int
    var to: Int
    var epoch: Int
    var tree: CompactRange
    var note: [UInt8]
    var lettersBefore: Int
    var duplicates: Int
    var marks: [ProducerMark]
    var refused: [RefusedRecord]

    /// How many dead letters there are, those of this record included.
    var letters: Int { lettersBefore + refused.count }

    private static let reasons = DeadLetterReason.allCases

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [from, to, epoch, tree.size] { bytes.appendInteger(UInt64(number)) }
        bytes.append(UInt8(tree.hashes.count))
        for hash in tree.hashes { bytes += hash.bytes }
        bytes.appendString(note)
        bytes.appendInteger(UInt64(lettersBefore))
        bytes.appendInteger(UInt32(clamping: duplicates))
        bytes.appendInteger(UInt32(marks.count))
        for mark in marks {
            bytes.appendString(mark.producer)
            bytes.appendInteger(UInt64(mark.sequence))
        }
        bytes.appendInteger(UInt32(refused.count))
        for letter in refused {
            bytes.appendInteger(UInt64(letter.offset))
            bytes.append(UInt8(Self.reasons.firstIndex(of: letter.reason) ?? 0))
            bytes.appendString(letter.message.utf8)
            bytes.appendString(letter.bytes)
        }
        return bytes
    }

    init(
        from: Int,
        to: Int,
        epoch: Int,
        tree: CompactRange,
        note: [UInt8],
        lettersBefore: Int,
        duplicates: Int = 0,
        marks: [ProducerMark] = [],
        refused: [RefusedRecord] = []
    ) {
        self.from = from
        self.to = to
        self.epoch = epoch
        self.tree = tree
        self.note = note
        self.lettersBefore = lettersBefore
        self.duplicates = duplicates
        self.marks = marks
        self.refused = refused
    }

    /// Reads a record, or returns `nil` if `bytes` are none.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let from = reader.count(UInt64.self), let to = reader.count(UInt64.self),
            let epoch = reader.count(UInt64.self), let size = reader.count(UInt64.self),
            let tree = Self.tree(size, &reader), let note = reader.string(),
            let lettersBefore = reader.count(UInt64.self),
            let duplicates = reader.count(UInt32.self),
            let marks = Self.marks(&reader), let refused = Self.refused(&reader), reader.isAtEnd,
            from <= to, to <= .max / 2, lettersBefore <= .max / 2
        else { return nil }
        self.init(
            from: from,
            to: to,
            epoch: epoch,
            tree: tree,
            note: note,
            lettersBefore: lettersBefore,
            duplicates: duplicates,
            marks: marks,
            refused: refused
        )
    }

    private static func tree(_ size: Int, _ reader: inout ByteReader) -> CompactRange? {
        guard let count = reader.count(UInt8.self) else { return nil }
        var hashes: [Digest] = []
        for _ in 0..<count {
            guard let bytes = reader.bytes(Digest.byteCount) else { return nil }
            let copy = Array(bytes)
            guard let hash = Digest(copy.span) else { return nil }
            hashes.append(hash)
        }
        return CompactRange(size: size, hashes: hashes)
    }

    private static func marks(_ reader: inout ByteReader) -> [ProducerMark]? {
        guard let count = reader.count(UInt32.self) else { return nil }
        var marks: [ProducerMark] = []
        for _ in 0..<count {
            guard let producer = reader.string(), let sequence = reader.number(UInt64.self) else {
                return nil
            }
            marks.append(ProducerMark(producer: producer, sequence: sequence))
        }
        return marks
    }

    private static func refused(_ reader: inout ByteReader) -> [RefusedRecord]? {
        guard let count = reader.count(UInt32.self) else { return nil }
        var refused: [RefusedRecord] = []
        for _ in 0..<count {
            guard let offset = reader.count(UInt64.self), let reason = reader.count(UInt8.self),
                reasons.indices.contains(reason), let message = reader.text(),
                let bytes = reader.string()
            else { return nil }
            refused.append(
                RefusedRecord(
                    offset: offset,
                    reason: reasons[reason],
                    message: message,
                    bytes: bytes
                )
            )
        }
        return refused
    }
}
