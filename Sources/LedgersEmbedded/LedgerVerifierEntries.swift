import Cryptography
import Events
import Merkle
import StreamsEmbedded

/// What can be said of entries by themselves: their leaf hashes, and whether they are events.
///
/// Work for any thread; the results of neighbouring runs are joined.
struct LedgerVerifierEntries: Sendable {
    private(set) var leaves: [Digest] = []
    /// A hash of each event's identifier; 0 where there is none.
    private(set) var identifiers: [UInt64] = []
    /// The entries that are no events: their number in the run, the place, and why.
    private(set) var flaws: [(number: Int, offset: Int, reason: String)] = []

    /// Checks the entries of `bytes` that lie at `ranges[run]`.
    init(_ bytes: [UInt8], _ ranges: [Range<Int>], _ run: Range<Int>) {
        leaves.reserveCapacity(run.count)
        identifiers.reserveCapacity(run.count)
        let span = bytes.span
        RFC6962.leafHashes(
            in: span,
            count: run.count,
            rangeAt: { ranges[run.lowerBound + $0] }
        ) { _, leaf in
            leaves.append(leaf)
        }
        for number in run {
            let range = ranges[number]
            do throws(EventError) {
                let event = try EventView(validating: span, in: range)
                identifiers.append(span.extracting(event.eventID).hash64)
            } catch {
                identifiers.append(0)
                flaws.append((number, range.lowerBound + error.offset, "\(error)"))
            }
        }
    }

    /// Adds the run that begins where this one ends.
    mutating func append(_ next: Self) {
        leaves += next.leaves
        identifiers += next.identifiers
        flaws += next.flaws
    }
}
