import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsEmbedded

/// The payload of a frame of entries: where each ends, in 32 bits from the end of the offsets, then
/// the canonical bytes, one entry behind the other.
enum EntriesFrame {
    /// Writes the entries of `parts` to `payload`, which comes empty.
    static func encode(_ parts: [Chunk<LedgerEntry>], into payload: inout [UInt8]) {
        var end = 0
        for part in parts {
            for entry in part.elements {
                end += Int(entry.count)
                payload.appendInteger(UInt32(end))
            }
        }
        payload.reserveCapacity(payload.count + end)
        for part in parts { append(part, to: &payload) }
    }

    /// Copies runs of entries that lie behind each other in the arena at once.
    private static func append(_ part: Chunk<LedgerEntry>, to payload: inout [UInt8]) {
        var run = 0..<0
        for entry in part.elements {
            let range = entry.range
            if range.lowerBound == run.upperBound {
                run = run.lowerBound..<range.upperBound
            } else {
                payload.append(contentsOf: part.bytes[run])
                run = range
            }
        }
        payload.append(contentsOf: part.bytes[run])
    }

    /// Where the entries lie in `payload`, or `nil` if it is no such payload.
    static func ranges(of payload: Span<UInt8>, count: Int) -> [Range<Int>]? {
        guard count >= 0, payload.count >= 4 * count else { return nil }
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(count)
        var start = 4 * count
        for number in 0..<count {
            let end = 4 * count + Int(payload.integer(at: 4 * number, as: UInt32.self))
            guard end >= start, end <= payload.count else { return nil }
            ranges.append(start..<end)
            start = end
        }
        return start == payload.count ? ranges : nil
    }

    /// The leaf hashes of the entries at `ranges` of `payload`.
    static func leaves(of payload: Span<UInt8>, at ranges: [Range<Int>]) -> [Digest] {
        var leaves: [Digest] = []
        leaves.reserveCapacity(ranges.count)
        RFC6962.leafHashes(in: payload, count: ranges.count, rangeAt: { ranges[$0] }) { _, leaf in
            leaves.append(leaf)
        }
        return leaves
    }
}
