import Glibc
import StreamsKafka
import Synchronization

/// The time from producing an event, at a hundred a second, until others see it committed with its
/// signed checkpoint; the service has its default settings.
enum WriterLatencyWork {
    private static let eventCount = 2_000
    private static let warmUp = 200
    private static let partitionCount = 4

    /// When each event was produced and seen, in seconds, a list a partition.
    private final class Times: Sendable {
        private struct State {
            var produced = [[Double]](repeating: [], count: partitionCount)
            var latencies: [Double] = []
            var seen = [Int](repeating: 0, count: partitionCount)
        }

        private let state = Mutex(State())

        func produce(to partition: Int) {
            let now = seconds(CLOCK_MONOTONIC)
            state.withLock { $0.produced[partition].append(now) }
        }

        /// - Returns: Whether all have been seen.
        func see(_ partition: Int, upTo offset: Int) -> Bool {
            let now = seconds(CLOCK_MONOTONIC)
            return state.withLock { state in
                while state.seen[partition] < offset {
                    let produced = state.produced[partition][state.seen[partition]]
                    state.latencies.append(1e3 * (now - produced))
                    state.seen[partition] += 1
                }
                return state.latencies.count >= eventCount
            }
        }

        /// In milliseconds, rising.
        var sorted: [Double] {
            state.withLock { $0.latencies.dropFirst(warmUp).sorted() }
        }
    }

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        try await withServers(surroundings, for: "writer-latency") { servers in
            let floor = try await commits(servers)
            var figures = rows("commit.alone", floor, goal: nil)
            figures += rows("100.a.second", try await run(servers, "trickle", []), goal: 50)
            let hasty = try await run(servers, "hasty", ["batch.wait=1 ms"])
            return figures + rows("100.a.second.wait1", hasty, goal: nil)
        } ?? []
    }

    private static func rows(_ name: String, _ times: [Double], goal: Double?) -> [Figure] {
        [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)].map { end, share in
            Figure(
                name: "writer.latency.\(name).\(end)",
                value: times[Int(Double(times.count) * share)],
                unit: "ms",
                better: .less,
                goal: end == "p99" ? goal : nil
            )
        }
    }

    /// What a commit of a row takes here, a hundred a second, in milliseconds, rising.
    private static func commits(_ servers: WriterServers) async throws -> [Double] {
        let database = try WriterDatabase(try await servers.makeDatabase())
        try await database.execute("CREATE TABLE rows (value bigint)")
        let clock = ContinuousClock()
        let start = clock.now
        var times: [Double] = []
        for index in 0..<1_000 {
            try await clock.sleep(until: start + .milliseconds(10 * index), tolerance: .zero)
            let before = seconds(CLOCK_MONOTONIC)
            try await database.execute("INSERT INTO rows VALUES (1)")
            times.append(1e3 * (seconds(CLOCK_MONOTONIC) - before))
        }
        await database.close()
        return times.sorted()
    }

    private static func run(
        _ servers: WriterServers,
        _ topic: String,
        _ settings: [String]
    ) async throws -> [Double] {
        try WriterTools.run(
            servers.tools.kafka,
            ["create", "--dir", "\(servers.folder)/kafka", topic, "\(partitionCount)"]
        )
        let url = try await servers.makeLedgers()
        let writer = try WriterProcess(
            servers,
            topic: topic,
            database: url,
            settings: settings
        )
        defer { writer.stop() }
        while !writer.isReady {
            try writer.check()
            try await Task.sleep(for: .milliseconds(50))
        }
        let times = Times()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await feed(servers, topic, times) }
            try await watch(url, writer, times)
        }
        return times.sorted
    }

    private static func feed(
        _ servers: WriterServers,
        _ topic: String,
        _ times: Times
    ) async throws {
        let settings = try KafkaSettings(
            ["bootstrap.servers": servers.bootstrap, "linger.ms": "0"],
            for: .producer
        )
        let producer = try KafkaProducer(settings: settings)
        defer { producer.close() }
        var writer = EventWriter()
        let clock = ContinuousClock()
        let start = clock.now
        for index in 0..<eventCount {
            writer.bytes.removeAll(keepingCapacity: true)
            writer.append(event: UInt64(index))
            var batch = KafkaBatch()
            let partition = index % partitionCount
            batch.append(key: nil, value: writer.bytes, partition: partition)
            try await clock.sleep(until: start + .milliseconds(10 * index), tolerance: .zero)
            times.produce(to: partition)
            try await producer.produce(batch, to: topic)
        }
        try await producer.flush()
    }

    /// Looks every millisecond: what is seen is committed, and has its checkpoint.
    private static func watch(_ url: String, _ writer: WriterProcess, _ times: Times) async throws {
        let database = try WriterDatabase(url)
        // The newest of each by the key: looking must cost nothing beside what is looked at.
        let sql = """
            SELECT p::text, next_offset::text FROM generate_series(0, 3) AS p, LATERAL (
                SELECT next_offset FROM caracal.checkpoints WHERE partition = p
                ORDER BY size DESC LIMIT 1) AS newest
            """
        let deadline = seconds(CLOCK_MONOTONIC) + 120
        while true {
            let rows = try await database.rows(sql, columns: 2)
            var isDone = false
            for row in rows {
                guard let partition = Int(row[0]), let offset = Int(row[1]) else { continue }
                isDone = times.see(partition, upTo: offset)
            }
            if isDone { break }
            try writer.check()
            guard seconds(CLOCK_MONOTONIC) < deadline else {
                throw WriterFailure(description: "too late: \(writer.lastWords)")
            }
            try await Task.sleep(for: .milliseconds(1), tolerance: .zero)
        }
        await database.close()
    }
}
