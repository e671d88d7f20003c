import Cryptography
import Ledgers
import Merkle
import StreamsPostgres

/// Reads payloads out of the table and hashes them while they come, in memory that is used again.
struct PayloadHashes {
    /// How many bytes are collected before they are hashed, so that they are still in the cache.
    private static let pieceSize = 64 << 10
    /// What stands before the first row of a binary COPY: a signature, flags, and how many bytes of
    /// extensions follow.
    private static let headerSize = 19
    /// What stands before the payload in a row: the number of columns, and the payload's length.
    private static let prefixSize = 6

    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>] = []

    /// The leaf hashes of the entries, in order of index, as many as there are.
    mutating func leaves(
        _ session: PostgresSession,
        _ partition: Int,
        _ range: Range<Int>
    ) throws(LedgerError) -> [Digest] {
        var leaves: [Digest] = []
        leaves.reserveCapacity(range.count)
        var isFirst = true
        try LedgerError.wrap { () throws(PostgresError) in
            try session.copyOut(
                """
                COPY (SELECT payload FROM caracal.entries WHERE partition = \(partition)
                    AND index >= \(range.lowerBound) AND index < \(range.upperBound) ORDER BY index)
                    TO STDOUT (FORMAT binary)
                """
            ) { row in
                // The header comes with the first row, or alone.
                let start = isFirst ? Self.headerSize : 0
                isFirst = false
                add(row.extracting(droppingFirst: min(start, row.count)))
                if bytes.count >= Self.pieceSize { hash(&leaves) }
            }
        }
        hash(&leaves)
        return leaves
    }

    /// Takes a row; what ends the data has no payload.
    private mutating func add(_ row: Span<UInt8>) {
        guard row.count > Self.prefixSize else { return }
        let start = bytes.count
        let payload = row.extracting(droppingFirst: Self.prefixSize)
        unsafe payload.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        ranges.append(start..<bytes.count)
    }

    private mutating func hash(_ leaves: inout [Digest]) {
        RFC6962.leafHashes(in: bytes.span, ranges: ranges.span, appendingTo: &leaves)
        bytes.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
    }
}
