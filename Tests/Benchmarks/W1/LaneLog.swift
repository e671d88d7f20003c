import Cryptography
import Merkle
import Streams

/// An event with the hash of its record.
struct Leaf: Sendable, BitwiseCopyable {
    let event: MeteredEvent
    let digest: Digest
}

/// What a batch added to the log of its lane.
struct Commitment: Sendable {
    let lane: Int
    let count: Int
    let root: Digest
    let micros: Int64
    let milliseconds: Int64
    let textBytes: Int
}

/// The RFC 6962 log of one lane.
struct LaneLog: CommitLog {
    let lane: Int
    private var tree = CompactRange()
    private var digests: [Digest] = []

    init(lane: Int) {
        self.lane = lane
    }

    mutating func commit(_ batch: Batch<Leaf>) -> Commitment {
        var (micros, milliseconds, textBytes) = (Int64(0), Int64(0), 0)
        digests.removeAll(keepingCapacity: true)
        for part in batch.parts {
            for leaf in part.elements {
                let event = leaf.event
                digests.append(leaf.digest)
                micros &+= event.micros
                milliseconds &+= event.milliseconds
                textBytes += Int(
                    event.eventID.length + event.resourceType.length + event.currency.length
                )
            }
        }
        tree.append(contentsOf: digests)
        return Commitment(
            lane: lane,
            count: batch.count,
            root: tree.root,
            micros: micros,
            milliseconds: milliseconds,
            textBytes: textBytes
        )
    }
}
