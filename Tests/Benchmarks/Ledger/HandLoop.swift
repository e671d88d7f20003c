import Cryptography
import Events
import Merkle
import StreamsEmbedded

/// What the ledger does for its entries, written as one loop: reads the log's frames and checks
/// them, validates, hashes leaves and nodes, and writes with one sync a batch.
///
/// It has no producers' marks, checkpoints, cursor, head or reading back.
struct HandLoop {
    private let batchCount: Int
    private let segments: SegmentFolder
    private let entries: File
    private let hashes: File
    private var position = 0
    private var size = 0
    private var payload: [UInt8] = []
    private var values: [UInt8] = []
    private var leaves: [Digest] = []
    private var leafBytes: [UInt8] = []
    private(set) var tree = CompactRange()

    init(_ folder: LedgerFolder, batchCount: Int) throws {
        self.batchCount = batchCount
        segments = SegmentFolder("\(folder.events)/0", suffix: ".log")
        entries = try File("\(folder.path)/hand-entries", .create)
        hashes = try File("\(folder.path)/hand-hashes", .create)
        leaves.reserveCapacity(batchCount)
    }

    mutating func run() throws {
        for base in try segments.bases() {
            let file = try segments.open(base).file
            var scanner = FrameScanner(file, upTo: try file.size, base: base)
            scan: while true {
                switch try scanner.next() {
                case .end: break scan
                case .broken(let reason): throw WrongChecksum(text: reason)
                case .frame(let frame) where frame.header.kind == 1:
                    try scanner.withPayload { try take($0, count: frame.header.count) }
                case .frame: continue
                }
            }
        }
        try commit()
    }

    /// Takes a frame of records; its format is at `RecordFrame`.
    private mutating func take(_ payload: Span<UInt8>, count: Int) throws {
        let producers = Int(payload.integer(at: 0, as: UInt32.self))
        let index = 16 + 4 * producers + Int(payload.integer(at: 8, as: UInt32.self))
        var start = index + 16 * count
        var record = 0
        while record < count {
            let taken = min(count - record, batchCount - leaves.count)
            var ranges: [Range<Int>] = []
            ranges.reserveCapacity(taken)
            let first = start
            for number in record..<record + taken {
                let length = Int(payload.integer(at: index + 16 * number, as: UInt32.self))
                let range = start..<start + length
                let view = try EventView(validating: payload, in: range)
                blackHole(view.eventID.lowerBound)
                ranges.append(range)
                start += length
                self.payload.appendInteger(UInt32(values.count + start - first))
            }
            RFC6962.leafHashes(in: payload, ranges: ranges.span, appendingTo: &leaves)
            unsafe payload.extracting(first..<start).withUnsafeBufferPointer {
                unsafe values.append(contentsOf: $0)
            }
            record += taken
            if leaves.count == batchCount { try commit() }
        }
    }

    private mutating func commit() throws {
        guard !leaves.isEmpty else { return }
        tree.append(contentsOf: leaves)
        let checksum = CRC32C.checksum(
            of: values.span,
            after: CRC32C.checksum(of: payload.span)
        )
        payload.appendInteger(checksum)
        entries.reserve(upTo: position + (16 << 20))
        try entries.write(payload.span, values.span, at: position)
        try entries.syncData()
        leafBytes.removeAll(keepingCapacity: true)
        for leaf in leaves {
            leaf.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe leafBytes.append(contentsOf: $0) }
            }
        }
        try hashes.write(leafBytes.span, at: size * Digest.byteCount)
        position += payload.count + values.count
        size += leaves.count
        payload.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        leaves.removeAll(keepingCapacity: true)
    }
}
