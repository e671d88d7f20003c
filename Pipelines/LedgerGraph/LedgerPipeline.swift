import Cryptography
public import Events
public import Ledgers
import Merkle
public import Streams

/// The pipeline of the ledger, declared once: from the records of one partition to its signed tree.
///
/// The service, the simulation and the benchmarks all run this graph; they differ in the log that
/// they read, the store that they write, and how many lanes prepare events.
public struct LedgerPipeline: Sendable {
    /// What the values of the event log's records are.
    public enum Input: Sendable {
        /// Canonical bytes, which are validated.
        case canonical
        /// JSON, out of which the canonical bytes are made.
        case json(defaultKind: EventKind)
    }

    /// How the graph is cut and bounded.
    ///
    /// Entries, their order and the root depend on none of it.
    public struct Options: Sendable {
        /// Copies of the section that validates and hashes, 1 to 64.
        public var lanes: Int
        /// Closes a batch at so many entries.
        public var batchCount: Int
        /// Closes a batch at so many bytes of entries.
        public var batchBytes: Int
        /// Closes a batch so long after its first record.
        public var batchWait: Duration
        /// Closes a batch that fills fast only then, if it is not full before.
        public var batchWaitWhenBusy: Duration?
        /// The most bytes that lie between the source and the batch, what is read ahead not counted.
        public var memory: Int

        public init(
            lanes: Int = 2,
            batchCount: Int = 4_096,
            batchBytes: Int = 8 << 20,
            batchWait: Duration = .milliseconds(5),
            batchWaitWhenBusy: Duration? = nil,
            memory: Int = 32 << 20
        ) {
            precondition((1...64).contains(lanes), "1 to 64 lanes")
            self.lanes = lanes
            self.batchCount = batchCount
            self.batchBytes = batchBytes
            self.batchWait = batchWait
            self.batchWaitWhenBusy = batchWaitWhenBusy
            self.memory = memory
        }

        /// What may be under way on each side of the parallel section.
        var window: Window {
            // An edge to each lane, one from each, and one behind them.
            Window(chunk: 4_096, chunks: 4, bytes: max(64 << 10, memory / (2 * lanes + 1)))
        }

        /// What the source pulls at once.
        ///
        /// No more than a batch, since a batch ends where a chunk ends, and little enough that
        /// every lane has some.
        public var chunkLimit: ChunkLimit {
            ChunkLimit(
                elements: min(batchCount, 1_024),
                bytes: min(batchBytes, max(16 << 10, memory / (8 * lanes)), 1 << 20)
            )
        }
    }

    private let options: Options
    private let input: Input

    public init(_ options: Options = Options(), input: Input = .canonical) {
        self.options = options
        self.input = input
    }

    /// The graph of one partition.
    ///
    /// - Parameters:
    ///   - reader: Begins at the cursor of the claim that `lane` was made with.
    ///   - lane: Sequences and integrates.
    ///   - sink: Stores.
    /// - Returns: A blueprint that runs once, since a reader reads once.
    public func blueprint<Reader: EventLogReader & Sendable, Store: LedgerStore>(
        reader: Reader,
        lane: LedgerLane,
        sink: LedgerSink<Store>
    ) -> Blueprint {
        Blueprint("ledger") { graph in
            graph.source("ingest") { reader }
                .parallel("prepare", lanes: options.lanes, window: options.window) { lane in
                    decode(lane)
                        .rejectedWithBatch("refuse")
                        .mapBlocks("hash leaves") { entries, bytes, hashed in
                            Self.hash(entries, bytes, into: &hashed)
                        }
                }
                .boundary(options.window)
                .batch("batch", limits, size: { Int($0.count) })
                .boundary(Window(chunk: 1, chunks: 1))
                .merkleCommit("commit") { _ in lane }
                .boundary(Window(chunk: 1, chunks: 1))
                .exactlyOnceSink("store") { _ in sink }
        }
    }

    private func decode(
        _ lane: consuming Flow<LogRecord, Facts<DealtOrder, Replayable, Never>>
    ) -> Flow<LedgerEntry, Facts<DealtOrder, Replayable, EventError>> {
        switch input {
        case .canonical:
            lane.decodeWithBytes("decode") { record, bytes throws(EventError) in
                let view = try EventView(validating: bytes, in: record.range)
                return LedgerEntry(record, eventID: view.eventID)
            }
        case .json(let kind):
            lane.rewrite("decode", with: { EventJSON(defaultKind: kind) }) {
                reader,
                record,
                bytes,
                arena throws(EventError) in
                let keys = try reader.canonicalize(bytes.extracting(record.range), into: &arena)
                return LedgerEntry(record, keys, bytes, into: &arena)
            }
        }
    }

    private var limits: BatchLimits {
        BatchLimits(
            count: options.batchCount,
            bytes: options.batchBytes,
            // Arenas that hold more than their entries, and refused records, count too.
            heldBytes: max(32 << 20, 2 * options.batchBytes),
            elapsed: options.batchWait,
            elapsedWhenBusy: options.batchWaitWhenBusy,
            wholeChunks: true
        )
    }

    /// Hashes leaves two at a time, while their bytes are in the cache from validating them.
    private static func hash(
        _ entries: Span<LedgerEntry>,
        _ bytes: Span<UInt8>,
        into hashed: inout OutputSpan<LedgerEntry>
    ) {
        var index = 0
        while index + 1 < entries.count {
            var (first, second) = (entries[index], entries[index + 1])
            let leaves = RFC6962.leafHashes(
                bytes.extracting(first.range),
                bytes.extracting(second.range)
            )
            (first.leaf, second.leaf) = leaves
            hashed.append(first)
            hashed.append(second)
            index += 2
        }
        if index < entries.count {
            var last = entries[index]
            last.leaf = RFC6962.leafHash(bytes.extracting(last.range))
            hashed.append(last)
        }
    }
}
