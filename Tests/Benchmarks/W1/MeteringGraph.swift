import Cryptography
import Merkle
import Streams

/// Work W1: decode, partition, batch and commit metering events.
///
/// The source copies each record into the arena of its chunk, as one that reads a file or a socket
/// would; everything after it reads from there.
struct MeteringGraph: Sendable {
    struct Records: Source {
        typealias Replay = Replayable

        let corpus: Corpus
        private var position = 0

        init(corpus: Corpus) {
            self.corpus = corpus
        }

        mutating func poll(into chunk: inout Chunk<RawRecord>, limit: ChunkLimit) -> Pulled {
            if position == corpus.count { return .finished }
            let range = position..<min(corpus.count, position + limit.elements)
            let length = Corpus.eventLength
            let bytes = range.lowerBound * length..<range.upperBound * length
            chunk.bytes.append(contentsOf: corpus.bytes[bytes])
            for index in 0..<range.count {
                chunk.elements.append(RawRecord(offset: index * length, length: length))
            }
            position = range.upperBound
            return .elements(
                OffsetRange(partition: 0, lower: range.lowerBound, upper: range.upperBound)
            )
        }
    }

    struct Count: Sink {
        let total: MeteringTotal

        mutating func write(_ chunk: Chunk<Commitment>) async throws {
            chunk.elements.forEach(total.add)
        }
    }

    let corpus: Corpus
    let total: MeteringTotal

    /// What may be under way between two tasks.
    static let window = Window(chunk: 512, chunks: 16)

    var blueprint: Blueprint {
        Blueprint("metering") { graph in
            graph.source("records") { [corpus] in Records(corpus: corpus) }
                .parallel("prepare", lanes: 2, window: Self.window) { lane in
                    lane.decodeWithBytes("decode") { record, bytes throws(ScanError) in
                        var scanner = EventScanner()
                        return try scanner.scan(bytes.extracting(record.range), record)
                    }
                    .skip("bad records") { _ in }
                    .mapBlocks("leaf") { events, bytes, leaves in
                        Self.hash(events, bytes, into: &leaves)
                    }
                    .withoutBytes("hashed")
                }
                .partition("by agent", lanes: 4) { $0.event.agentHash }
                .batch("batch", BatchLimits(count: 4_096))
                .merkleCommit("commit") { lane in LaneLog(lane: lane) }
                .sink("count") { [total] _ in Count(total: total) }
        }
    }

    /// Hashes records two at a time, while they are in the cache from decoding.
    static func hash(
        _ events: Span<MeteredEvent>,
        _ bytes: Span<UInt8>,
        into leaves: inout OutputSpan<Leaf>
    ) {
        for pair in 0..<events.count / 2 {
            let (first, second) = (events[2 * pair], events[2 * pair + 1])
            let digests = RFC6962.leafHashes(
                bytes.extracting(first.record.range),
                bytes.extracting(second.record.range)
            )
            leaves.append(Leaf(event: first, digest: digests.0))
            leaves.append(Leaf(event: second, digest: digests.1))
        }
        if events.count % 2 == 1 {
            let last = events[events.count - 1]
            let digest = RFC6962.leafHash(bytes.extracting(last.record.range))
            leaves.append(Leaf(event: last, digest: digest))
        }
    }
}
