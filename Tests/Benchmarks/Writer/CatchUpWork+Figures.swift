import Glibc
import StreamsKafka

/// A backlog of millions of events: whether the rate stays, a start with a ledger that is large
/// already, and one writer beside two.
enum CatchUpWork {
    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        let count = surroundings.isQuick ? 4_000_000 : 10_000_000
        return try await withServers(surroundings, for: "writer-catch-up") { servers in
            try servers.load("backlog", count: count, size: 533)
            let peer = try await servers.runPeer(
                "backlog",
                count: count,
                variables: ["MERKLE": "1", "LIMIT": "600"]
            )
            WriterWork.say("backlog", "go", peer)
            let url = try await servers.makeLedgers()
            let one = try await run(servers, "backlog", url, 1, until: count)
            var figures = curve(one.commits, count, peer.rate)
            figures.append(
                Figure(
                    name: "writer.catch.up.memory",
                    value: one.memory,
                    unit: "MB",
                    better: .less,
                    goal: 250
                )
            )
            figures.append(try await restart(servers, url, count))
            try await servers.dropDatabase(url)
            return figures
        } ?? []
    }

    /// One writer on four partitions and two on two each, in turn.
    static func pairFigures(_ surroundings: Surroundings) async throws -> [Figure] {
        let count = 1_500_000
        return try await withServers(surroundings, for: "writer-two") { servers in
            try servers.load("shared", count: count, size: 533)
            var rates: [Int: [Double]] = [:]
            for writerCount in [1, 2, 1, 2, 1, 2] {
                let url = try await servers.makeLedgers()
                let run = try await run(servers, "shared", url, writerCount, until: count)
                // At first one has all partitions; at the end some have no more.
                let rate = rate(run.commits, count / 10 * 3..<count / 10 * 9)
                rates[writerCount, default: []].append(rate)
                report("writer-two: \(writerCount) at \(rounded(rate)) rows/s")
                try await servers.dropDatabase(url)
            }
            func median(_ writerCount: Int) -> Double {
                rates[writerCount, default: []].sorted()[1]
            }
            return [
                Figure(
                    name: "writer.two.on.two.partitions",
                    value: median(2),
                    unit: "rows/s",
                    better: .more,
                    reference: Figure.Reference(name: "one on four", value: median(1)),
                    goal: 1
                )
            ]
        } ?? []
    }

    private typealias Commits = [(time: Double, entries: Int)]

    /// Runs writers of one group until `count` records are in.
    private static func run(
        _ servers: WriterServers,
        _ topic: String,
        _ url: String,
        _ writerCount: Int,
        until count: Int
    ) async throws -> (commits: Commits, memory: Double) {
        let database = try WriterDatabase(url)
        let writers = try (0..<writerCount).map { _ in
            try WriterProcess(servers, topic: topic, database: url)
        }
        defer { for writer in writers { writer.stop() } }
        let deadline = seconds(CLOCK_MONOTONIC) + 600
        while try await database.taken() < count {
            try await Task.sleep(for: .milliseconds(100))
            for writer in writers { try writer.check() }
            guard seconds(CLOCK_MONOTONIC) < deadline else {
                throw WriterFailure(description: "too slow: \(writers[0].lastWords)")
            }
        }
        let times = writers.map(\.use.cpu)
        if writerCount > 1 {
            let shares = times.map { rounded($0) }.joined(separator: " and ")
            report("writer-two: the two writers took \(shares) s of CPU time")
        }
        let memory = writers.map(\.use.peakMemory).max() ?? 0
        let commits = try await database.commits()
        await database.close()
        return (commits, memory)
    }

    /// The moment at which so many entries were committed, between two commits in proportion.
    private static func moment(_ commits: Commits, _ count: Int) -> Double {
        var done = 0
        var last = commits.first?.time ?? 0
        for commit in commits {
            if done + commit.entries >= count {
                let share = Double(count - done) / Double(max(1, commit.entries))
                return last + (commit.time - last) * share
            }
            done += commit.entries
            last = commit.time
        }
        return last
    }

    private static func rate(_ commits: Commits, _ window: Range<Int>) -> Double {
        let time = moment(commits, window.upperBound) - moment(commits, window.lowerBound)
        return time > 0 ? Double(window.count) / time : 0
    }

    /// Says the rate of every million, and holds the last quarter against the second.
    private static func curve(_ commits: Commits, _ count: Int, _ peer: Double) -> [Figure] {
        let rates = stride(from: 0, to: count, by: 1_000_000).map { start in
            rate(commits, start..<start + 1_000_000)
        }
        let most = max(1, rates.max() ?? 0)
        for (index, rate) in rates.enumerated() {
            let bar = String(repeating: "#", count: Int(40 * rate / most))
            report("catch-up \("\(index + 1)".aligned(to: 3)) M \(rounded(rate)) rows/s \(bar)")
        }
        let quarter = count / 4
        return [
            Figure(
                name: "writer.catch.up.rate",
                value: rate(commits, 0..<count),
                unit: "rows/s",
                better: .more,
                reference: Figure.Reference(name: "Go", value: peer)
            ),
            Figure(
                name: "writer.catch.up.last.quarter",
                value: rate(commits, 3 * quarter..<count),
                unit: "rows/s",
                better: .more,
                reference: Figure.Reference(
                    name: "the second quarter",
                    value: rate(commits, quarter..<2 * quarter)
                ),
                goal: 0.9
            ),
        ]
    }

    /// The first commit of a writer whose partitions' ledgers hold what was caught up.
    private static func restart(
        _ servers: WriterServers,
        _ url: String,
        _ count: Int
    ) async throws -> Figure {
        try await add(40_000, to: "backlog", servers)
        let database = try WriterDatabase(url)
        let writer = try WriterProcess(servers, topic: "backlog", database: url)
        defer { writer.stop() }
        let started = writer.started
        var first: Double?
        while first == nil {
            try await Task.sleep(for: .milliseconds(50))
            try writer.check()
            guard seconds(CLOCK_REALTIME) < started + 60 else {
                throw WriterFailure(description: "no commit: \(writer.lastWords)")
            }
            let sql = """
                SELECT extract(epoch FROM min(pg_xact_commit_timestamp(xmin)))::text
                FROM caracal.cursors WHERE next_offset > 0
                AND pg_xact_commit_timestamp(xmin) > to_timestamp(\(started))
                AND next_offset > coalesce((SELECT max(next_offset) FROM caracal.checkpoints
                    WHERE checkpoints.partition = cursors.partition
                    AND committed_at < to_timestamp(\(started))), 0)
                """
            first = try await database.numbers(sql, columns: 1).first.flatMap { $0 > 0 ? $0 : nil }
        }
        await database.close()
        return Figure(
            name: "writer.start.with.\(count / 4_000_000).M.a.partition",
            value: (first ?? 0) - started,
            unit: "s",
            better: .less,
            goal: 2
        )
    }

    /// Produces events that the topic does not have yet.
    private static func add(
        _ count: Int,
        to topic: String,
        _ servers: WriterServers
    ) async throws {
        let settings = try KafkaSettings(["bootstrap.servers": servers.bootstrap], for: .producer)
        let producer = try KafkaProducer(settings: settings)
        defer { producer.close() }
        var writer = EventWriter()
        for first in stride(from: 0, to: count, by: 1_000) {
            var batch = KafkaBatch()
            for index in first..<first + 1_000 {
                writer.bytes.removeAll(keepingCapacity: true)
                writer.append(event: UInt64(1 << 32 + index))
                batch.append(key: nil, value: writer.bytes, partition: index % 4)
            }
            try await producer.produce(batch, to: topic)
        }
        try await producer.flush()
    }
}
