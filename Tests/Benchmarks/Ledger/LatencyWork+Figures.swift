import Events
import Glibc
import LedgerGraph
import Ledgers
import Streams
import StreamsEmbedded
import Synchronization

/// The time from an append at a thousand events a second to the signed, durable checkpoint.
enum LatencyWork {
    private static let eventCount = 5_000
    private static let warmUp = 500

    /// When each event was handed in and stored, in seconds.
    private final class Times: Sendable {
        private struct State {
            var appended: [Double] = []
            var stored: [Double] = []
        }

        private let state = Mutex(State())

        func append() {
            let now = seconds(CLOCK_MONOTONIC)
            state.withLock { $0.appended.append(now) }
        }

        func store(upTo offset: Int) -> Bool {
            let now = seconds(CLOCK_MONOTONIC)
            return state.withLock { state in
                while state.stored.count < offset { state.stored.append(now) }
                return state.stored.count >= eventCount
            }
        }

        /// In milliseconds, rising.
        var sorted: [Double] {
            state.withLock { state in
                zip(state.appended, state.stored).dropFirst(warmUp).map { 1e3 * ($1 - $0) }
                    .sorted()
            }
        }
    }

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        var figures: [Figure] = []
        for wait in [20, 5] {
            let times = try await surroundings.withFolder { path in
                try await run(try LedgerFolder(path), wait: .milliseconds(wait))
            }
            for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
                figures.append(
                    Figure(
                        name: "latency.wait\(wait).\(name)",
                        value: times[Int(Double(times.count) * share)],
                        unit: "ms",
                        better: .less,
                        goal: share > 0.9 ? 25 : nil
                    )
                )
            }
        }
        return figures
    }

    private static func run(_ folder: LedgerFolder, wait: Duration) async throws -> [Double] {
        try await folder.makeEvents(0)
        try await folder.makeLedger()
        let (times, drain) = (Times(), DrainSwitch())
        var options = LedgerPipeline.Options(batchCount: 8_192)
        options.batchWait = wait
        let run = options
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                try await folder.run(run, drain: drain, untilDrained: false) { event in
                    guard case .stored(let progress) = event else { return }
                    if times.store(upTo: progress.nextOffset) { drain.request() }
                }
            }
            try await feed(folder, times)
        }
        return times.sorted
    }

    /// Appends an event a millisecond, each by itself.
    private static func feed(_ folder: LedgerFolder, _ times: Times) async throws {
        let appender = try await EmbeddedAppender.open(folder.events)
        var (writer, reader) = (EventWriter(), EventJSON())
        let clock = ContinuousClock()
        let start = clock.now
        var pending: [PendingAppend] = []
        for index in 0..<eventCount {
            writer.bytes.removeAll(keepingCapacity: true)
            writer.append(event: UInt64(index))
            let json = writer.bytes
            var bytes = Array("benchmark".utf8)
            let first = bytes.count
            _ = try reader.canonicalize(json.span, into: &bytes)
            let record = LogRecord(
                offset: 0,
                start: UInt32(first),
                count: UInt32(bytes.count - first),
                producerStart: 0,
                producerCount: UInt32(first),
                sequence: index
            )
            try await clock.sleep(
                until: start + .milliseconds(index),
                tolerance: .zero
            )
            times.append()
            pending.append(appender.submit(AppendBatch(records: [record], bytes: bytes)))
            if pending.count == 64 { _ = try await pending.removeFirst().result() }
        }
        for append in pending { _ = try await append.result() }
        await appender.close()
    }
}
