import Streams
import StreamsEmbedded

/// A record as a test compares it.
struct PlainRecord: Equatable, Sendable {
    var offset: Int
    var value: [UInt8]
    var producer = ""
    var sequence = -1
}

extension AppendBatch {
    /// Records of one producer whose sequences count up from `sequence`.
    init(_ values: [[UInt8]], of producer: String = "", from sequence: Int = -1) {
        self.init()
        for (index, value) in values.enumerated() {
            add(value, of: producer, sequence < 0 ? -1 : sequence + index)
        }
    }

    mutating func add(_ value: [UInt8], of producer: String, _ sequence: Int) {
        let name = Array(producer.utf8)
        let start = bytes.count
        bytes += name + value
        let record = LogRecord(
            offset: 0,
            start: UInt32(start + name.count),
            count: UInt32(value.count),
            producerStart: UInt32(start),
            producerCount: UInt32(name.count),
            sequence: sequence
        )
        records.append(record)
    }
}

/// Waits on the machine's clock.
let clock = GraphClock(ContinuousClock())

extension EmbeddedEventLogReader {
    /// Polls until the log's offset `end` is reached, waiting where there is nothing.
    mutating func read(
        upTo end: Int,
        limit: ChunkLimit = ChunkLimit()
    ) async throws -> [PlainRecord] {
        var records: [PlainRecord] = []
        var chunk = Chunk<LogRecord>()
        var next = 0
        while next < end {
            switch try poll(into: &chunk, limit: limit) {
            case .nothing:
                try await wait(until: nil, on: clock)
            case .finished:
                return records
            case .elements(let range):
                next = range.upper
                for element in chunk.elements {
                    let record = PlainRecord(
                        offset: element.offset,
                        value: Array(chunk.bytes[element.range]),
                        producer: String(
                            decoding: chunk.bytes[element.producerRange],
                            as: UTF8.self
                        ),
                        sequence: element.sequence
                    )
                    records.append(record)
                }
                chunk.elements.removeAll(keepingCapacity: true)
                chunk.bytes.removeAll(keepingCapacity: true)
            }
        }
        return records
    }
}

/// All that is durable in the log in `folder`, from `offset` on.
func readLog(_ folder: String, from offset: Int = 0) async throws -> [PlainRecord] {
    let log = try await EmbeddedEventLog.open(folder)
    let end = try await log.end(of: 0)
    if offset == end { return [] }
    var reader = try await log.reader(of: 0, from: offset)
    return try await reader.read(upTo: end)
}

/// The values "0", "1", … as they are appended and as they are read.
func values(_ range: Range<Int>) -> [[UInt8]] { range.map { Array("value \($0)".utf8) } }

func plain(_ range: Range<Int>, of producer: String = "p") -> [PlainRecord] {
    range.map { index in
        PlainRecord(
            offset: index,
            value: Array("value \(index)".utf8),
            producer: producer,
            sequence: index
        )
    }
}

/// The bytes of a frame as somebody would make one who knows the format, but not the segment.
func forgedFrame(base: Int, secret: UInt64 = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendInteger(UInt32(0xC7F2_E1FF))
    bytes.appendInteger(UInt32(0))
    bytes.appendInteger(UInt16(7))
    bytes.appendInteger(UInt16(0))
    for _ in 0..<3 { bytes.appendInteger(UInt32(0)) }
    bytes.appendInteger(UInt64(base))
    bytes.appendInteger(UInt64(0))
    bytes.appendInteger(secret)
    bytes.replaceInteger(at: 4, with: CRC32C.checksum(of: bytes.span.extracting(8...)))
    return bytes
}
