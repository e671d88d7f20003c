import Cryptography
import Ledgers

/// The hash of a dead letter, chained to that of the letter before it in the partition.
///
/// The cursor has that of the newest, so that a letter that was taken away shows, too.
enum LetterHash {
    /// The hash of `record`, which follows a letter with the hash `previous`.
    static func next(
        _ previous: Digest,
        _ partition: Int,
        offset: Int,
        reason: [UInt8],
        message: [UInt8],
        bytes: [UInt8]
    ) -> Digest {
        var head: [UInt8] = []
        previous.append(to: &head)
        RowHash.append(partition, to: &head)
        RowHash.append(offset, to: &head)
        var stream = SHA256.Stream()
        stream.update(head.span)
        for part in [reason, message, bytes] {
            var length: [UInt8] = []
            RowHash.append(part.count, to: &length)
            stream.update(length.span)
            stream.update(part.span)
        }
        return stream.digest()
    }

    /// The hashes of letters that are stored together.
    static func chain(_ previous: Digest, _ partition: Int, _ records: [RefusedRecord]) -> [Digest]
    {
        var last = previous
        return records.map { record in
            last = next(
                last,
                partition,
                offset: record.offset,
                reason: Array(record.reason.rawValue.utf8),
                message: Array(BatchStatements.storable(record.message).utf8),
                bytes: record.bytes
            )
            return last
        }
    }
}
