import Glibc
import Streams
import StreamsEmbedded

/// Appends to the event log, beside a loop that writes and syncs the same bytes.
enum AppendWork {
    private static let eventCount = 1_000_000
    private static let groupCount = 2_048
    /// How many appends may be under way.
    private static let depth = 4

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        let corpus = Corpus(count: groupCount)
        let own = try await surroundings.withFolder { folder in
            try await median { try await append(corpus, to: "\(folder)/\($0)") }
        }
        let raw = try await surroundings.withFolder { folder in
            try await median { try write(corpus, to: "\(folder)/\($0)") }
        }
        return [
            Figure(name: "log.raw", value: raw, unit: "events/s", better: .more),
            Figure(name: "log.append", value: own, unit: "events/s", better: .more, goal: 1e6),
            Figure(
                name: "log.append.ratio",
                value: own,
                unit: "events/s",
                better: .more,
                reference: Figure.Reference(name: "pwrite and fdatasync", value: raw)
            ),
        ]
    }

    /// The median rate of five, after one that does not count.
    private static func median(_ body: (Int) async throws -> Double) async throws -> Double {
        var rates: [Double] = []
        for run in 0..<6 { rates.append(try await body(run)) }
        return rates.dropFirst().sorted()[2]
    }

    private static func append(_ corpus: Corpus, to folder: String) async throws -> Double {
        try await EmbeddedEventLog.create(folder)
        let appender = try await EmbeddedAppender.open(folder)
        var bytes = corpus.bytes
        let name = bytes.count
        bytes += Array("benchmark".utf8)
        let start = seconds(CLOCK_MONOTONIC)
        var pending: [PendingAppend] = []
        for first in stride(from: 0, to: eventCount, by: groupCount) {
            let records = (0..<min(groupCount, eventCount - first)).map { index in
                LogRecord(
                    offset: 0,
                    start: UInt32(index * Corpus.eventLength),
                    count: UInt32(Corpus.eventLength),
                    producerStart: UInt32(name),
                    producerCount: UInt32(bytes.count - name),
                    sequence: first + index
                )
            }
            pending.append(appender.submit(AppendBatch(records: records, bytes: bytes)))
            if pending.count == depth { _ = try await pending.removeFirst().result() }
        }
        for append in pending { _ = try await append.result() }
        let elapsed = seconds(CLOCK_MONOTONIC) - start
        await appender.close()
        return Double(eventCount) / elapsed
    }

    private static func write(_ corpus: Corpus, to path: String) throws -> Double {
        let file = try File(path, .create)
        let bytes = corpus.bytes
        let start = seconds(CLOCK_MONOTONIC)
        var end = 0
        for first in stride(from: 0, to: eventCount, by: groupCount) {
            let count = min(groupCount, eventCount - first) * Corpus.eventLength
            try file.write(bytes.span.extracting(first: count), at: end)
            try file.syncData()
            end += count
        }
        return Double(eventCount) / (seconds(CLOCK_MONOTONIC) - start)
    }
}
