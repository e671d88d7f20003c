import Foundation

/// What one run of a writer showed.
struct WriterRun: Sendable {
    /// Rows a second, from the first commit to the last.
    var rate = 0.0
    /// Seconds of CPU time a million rows: of the writer, of PostgreSQL, and of the broker.
    var cpu = 0.0
    /// The same of the writer from its start on, with what it did before the first commit.
    var wholeCPU = 0.0
    var postgresCPU = 0.0
    var brokerCPU = 0.0
    /// In megabytes.
    var memory = 0.0
    /// Seconds from the start of the process to its first commit.
    var start = 0.0
    /// Entries a transaction.
    var batch = 0.0
    /// The share of all cores that other processes and hosts took: a quiet machine has next to none.
    var others = 0.0

    /// Rows a second of the commits behind the first.
    static func rate(_ commits: [(time: Double, entries: Int)]) -> Double {
        guard let first = commits.first, let last = commits.last, last.time > first.time else {
            return 0
        }
        let count = commits.reduce(0) { $0 + $1.entries } - first.entries
        return Double(count) / (last.time - first.time)
    }
}

/// A running `ledger-writer`.
final class WriterProcess {
    let process: Process
    let use: ServerProcess
    /// In seconds since 1970.
    let started: Double
    private let log: String

    /// Starts one, in a group that has the topic's name and that of the database.
    init(
        _ servers: WriterServers,
        topic: String,
        database: String,
        settings: [String] = []
    ) throws {
        let key = "\(servers.folder)/key"
        if !FileManager.default.fileExists(atPath: key) {
            try WriterTools.run(
                "\(servers.tools.products)/caracal",
                ["keygen", "--origin", "benchmark.example/log", "-o", key]
            )
        }
        let name = database.split(separator: "/").last.map(String.init) ?? ""
        let all = [
            "kafka.bootstrap.servers=\(servers.bootstrap)", "kafka.topic=\(topic)",
            "kafka.group.id=\(topic)-\(name)", "postgres.url=\(database)",
            "ledger.origin=benchmark.example/log", "ledger.signing-key-file=\(key)",
            "metrics.port=0",
        ]
        process = Process()
        process.executableURL = URL(filePath: "\(servers.tools.products)/ledger-writer")
        process.arguments = (all + settings).flatMap { ["--set", $0] }
        log = "\(servers.folder)/writer-\(UInt32.random(in: 0...UInt32.max)).log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
        started = seconds(CLOCK_REALTIME)
        try process.run()
        use = ServerProcess(Int(process.processIdentifier))
    }

    /// What it has said so far, the last of it.
    var lastWords: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return String(text.suffix(2_000))
    }

    /// Whether it has said that partitions are its own.
    var isReady: Bool {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").contains("ready metrics=")
    }

    /// - Throws: ``WriterFailure`` if it has ended.
    func check() throws {
        guard process.isRunning else {
            throw WriterFailure(description: "ledger-writer has ended: \(lastWords)")
        }
    }

    /// Has it drain, and waits for its end.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

extension WriterServers {
    /// Runs the product on a topic of `count` events into a database of its own.
    func runWriter(_ topic: String, count: Int, settings: [String] = []) async throws -> WriterRun {
        let url = try await makeLedgers()
        let run = try await runWriter(topic, count: count, into: url, settings: settings)
        try await dropDatabase(url)
        return run
    }

    /// Runs the product until `count` records are in, all counters from first to last commit.
    func runWriter(
        _ topic: String,
        count: Int,
        into url: String,
        settings: [String] = []
    ) async throws -> WriterRun {
        let database = try WriterDatabase(url)
        _ = try await database.taken()
        let brokerStart = broker.cpu
        let others = Others(self)
        let writer = try WriterProcess(self, topic: topic, database: url, settings: settings)
        defer { writer.stop() }
        var isFirst = true
        var (own, server) = (0.0, 0.0)
        let deadline = seconds(CLOCK_MONOTONIC) + 120
        while true {
            try await Task.sleep(for: .milliseconds(50))
            try writer.check()
            let taken = try await database.taken()
            if isFirst, taken > 0 {
                isFirst = false
                (own, server) = (writer.use.cpu, postmaster.familyCPU)
            }
            if taken >= count { break }
            guard seconds(CLOCK_MONOTONIC) < deadline else {
                throw WriterFailure(description: "\(taken) of \(count): \(writer.lastWords)")
            }
        }
        let millions = Double(count) / 1e6
        var run = WriterRun()
        run.cpu = (writer.use.cpu - own) / millions
        run.wholeCPU = writer.use.cpu / millions
        run.postgresCPU = (postmaster.familyCPU - server) / millions
        run.brokerCPU = (broker.cpu - brokerStart) / millions
        run.memory = writer.use.peakMemory
        run.others = others.share(writer.use.cpu, self)
        let commits = try await database.commits()
        await database.close()
        let entries = commits.reduce(0) { $0 + $1.entries }
        guard entries == count, let first = commits.first else {
            throw WriterFailure(description: "\(entries) entries of \(count) records")
        }
        run.rate = WriterRun.rate(commits)
        run.start = first.time - writer.started
        run.batch = Double(entries) / Double(commits.count)
        return run
    }

    /// Runs the peer that was written by hand in Go, with its Merkle tree.
    func runPeer(
        _ topic: String,
        count: Int,
        variables: [String: String] = ["MERKLE": "1"]
    ) async throws -> WriterRun {
        let url = try await makeDatabase()
        let brokerStart = broker.cpu
        let text = try WriterTools.run(
            "/bin/bash",
            ["\(tools.peer)/run-go-copy.sh"],
            environment: [
                "BOOTSTRAP": bootstrap, "TOPIC": topic, "PGURL": url, "COUNT": "\(count)",
                "OUT": "\(folder)/peer",
            ].merging(variables) { $1 }
        )
        let brokerCPU = (broker.cpu - brokerStart) / (Double(count) / 1e6)
        try await dropDatabase(url)
        var fields: [Substring: Substring] = [:]
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        guard fields["check"] == "ok" else {
            throw WriterFailure(description: "the Go peer failed: \(text)")
        }
        func number(_ name: Substring) -> Double { fields[name].flatMap { Double($0) } ?? 0 }
        return WriterRun(
            rate: number("rows_per_s"),
            cpu: number("cpu_s_per_million"),
            wholeCPU: number("cpu_total_s") / (Double(count) / 1e6),
            postgresCPU: number("pg_cpu_s_per_million"),
            brokerCPU: brokerCPU,
            memory: number("rss_mb"),
            start: number("first_row_s"),
            batch: Double(count) / max(1, number("commits")),
            others: number("others_cpu_share")
        )
    }
}

/// What other processes than a writer and its servers take meanwhile.
private struct Others {
    private let start = seconds(CLOCK_MONOTONIC)
    private let before: Double

    init(_ servers: WriterServers) {
        before = ServerProcess.all - servers.broker.cpu - servers.postmaster.familyCPU
    }

    /// The share of all cores since the beginning, without the writer's own seconds.
    func share(_ writer: Double, _ servers: WriterServers) -> Double {
        let now = ServerProcess.all - servers.broker.cpu - servers.postmaster.familyCPU
        let cores = Double(ProcessInfo.processInfo.activeProcessorCount)
        return max(0, now - before - writer) / cores / (seconds(CLOCK_MONOTONIC) - start)
    }
}
