import Streams
import Testing

/// A record as a test writes it down and compares it.
struct Sample: Equatable {
    var bytes: [UInt8]
    var producer: String
    var sequence: Int
    var offset = 0

    init(bytes: [UInt8], by producer: String = "", _ sequence: Int = -1) {
        self.bytes = bytes
        self.producer = producer
        self.sequence = sequence
    }

    init(_ text: String, by producer: String = "", _ sequence: Int = -1) {
        self.init(bytes: Array(text.utf8), by: producer, sequence)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension EventLogConformance.Fixture {
    /// Appends, and checks how many were there already; all of a repeat if nothing is said.
    func append(_ samples: [Sample], alreadyThere: Int? = nil) async throws -> Range<Int> {
        var bytes: [UInt8] = []
        var records: [LogRecord] = []
        for sample in samples {
            let start = bytes.count
            bytes += sample.bytes
            let producerStart = bytes.count
            bytes += Array(sample.producer.utf8)
            let record = LogRecord(
                offset: 0,
                start: UInt32(start),
                count: UInt32(sample.bytes.count),
                producerStart: UInt32(producerStart),
                producerCount: UInt32(sample.producer.utf8.count),
                sequence: sample.sequence
            )
            records.append(record)
        }
        let appended = try await appender.append(records, in: bytes, to: 0)
        #expect(appended.offsets.count + appended.alreadyThere == samples.count)
        if let alreadyThere { #expect(appended.alreadyThere == alreadyThere) }
        return appended.offsets
    }

    /// Everything from an offset on, up to the log's end.
    func readAll(from offset: Int = 0, on clock: GraphClock) async throws -> [Sample] {
        let end = try await appender.append([], in: [], to: 0).offsets.lowerBound
        var reader = try await member.reader(of: 0, from: offset)
        var samples: [Sample] = []
        var position = offset
        while position < end {
            var chunk = Chunk<LogRecord>()
            let pulled = try await reader.next(into: &chunk, limit: ChunkLimit(), on: clock)
            guard case .elements(let range) = pulled else { return samples }
            #expect(range.lower == position)
            position = range.upper
            samples += chunk.samples
        }
        return samples
    }
}

extension EventLogReader {
    /// Polls for what is there or on its way, as a log that is read ahead of its reader is.
    mutating func next(
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit,
        on clock: GraphClock
    ) async throws -> Pulled {
        let deadline = clock.now() + .seconds(10)
        while true {
            let pulled = try poll(into: &chunk, limit: limit)
            guard pulled == .nothing, clock.now() < deadline else { return pulled }
            try await wait(until: deadline, on: clock)
        }
    }
}

extension Chunk where Element == LogRecord {
    /// The records, taken out of the arena.
    var samples: [Sample] {
        elements.map { record in
            var sample = Sample(
                bytes: Array(bytes[record.range]),
                by: String(decoding: bytes[record.producerRange], as: UTF8.self),
                record.sequence
            )
            sample.offset = record.offset
            return sample
        }
    }
}

/// SplitMix64, so that this kit needs no other test target.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (z ^ (z >> 31)).multipliedFullWidth(by: UInt64(bound)).high)
    }
}
