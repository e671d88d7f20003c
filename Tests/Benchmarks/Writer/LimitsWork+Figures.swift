import Foundation

/// `ledger-writer` and the limit of this machine in turn: one consumer thread and one connection
/// that do the same in a straight line, over a broker in the limit's own process.
///
/// That broker keeps 5 MiB a partition, too little for a writer that has few partitions: the product
/// reads from a real one, on the same cores.
enum LimitsWork {
    private static let pairCount = 3

    /// What one run of the limit showed.
    private struct Limit {
        /// Rows a second.
        var rate: Double
        /// Seconds of CPU time a million rows, of its process with the broker in it.
        var cpu: Double
        /// The same, of PostgreSQL.
        var postgresCPU: Double
    }

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        guard let limits = surroundings.limits else {
            report("writer-limits is skipped, it needs --limits DIR")
            return []
        }
        return try await withServers(surroundings, for: "writer-limits") { servers in
            guard let program = build(limits, in: servers.folder) else { return [] }
            var figures: [Figure] = []
            for (size, note, count) in [(533, 8, 520_000), (1_024, 480, 300_000)] {
                let topic = "limit-\(size)"
                try servers.load(topic, count: count, size: size)
                var (ours, limit): ([WriterRun], [Limit]) = ([], [])
                for _ in 0..<pairCount {
                    limit.append(try await run(program, servers, note: note, count: count))
                    ours.append(try await servers.runWriter(topic, count: count))
                    WriterWork.say(topic, "ours", ours[ours.count - 1])
                    let last = limit[limit.count - 1]
                    report(
                        """
                        \(topic) limit: \(rounded(last.rate)) rows/s, CPU s a million \
                        \(rounded(last.cpu)), PostgreSQL \(rounded(last.postgresCPU))
                        """
                    )
                }
                figures += rows("writer.limits.\(size)", ours, limit)
            }
            return figures
        } ?? []
    }

    private static func rows(_ name: String, _ ours: [WriterRun], _ limit: [Limit]) -> [Figure] {
        func row(
            _ end: String,
            _ unit: String,
            _ better: Figure.Better,
            _ path: KeyPath<WriterRun, Double>,
            _ limitPath: KeyPath<Limit, Double>,
            goal: Double? = nil
        ) -> Figure {
            let limits = limit.map { $0[keyPath: limitPath] }.sorted()
            return Figure(
                name: "\(name).\(end)",
                value: WriterWork.median(ours, path),
                unit: unit,
                better: better,
                reference: Figure.Reference(
                    name: "I e2e on its mock broker",
                    value: limits[limits.count / 2]
                ),
                goal: goal
            )
        }
        return [
            row("rate", "rows/s", .more, \.rate, \.rate, goal: 0.9),
            // 1.2 times its CPU time.
            row("cpu", "s/million", .less, \.cpu, \.cpu, goal: 0.833),
            row("cpu.postgres", "s/million", .less, \.postgresCPU, \.postgresCPU),
        ]
    }

    /// Builds a copy of the limits; theirs is a folder that nothing is written to.
    ///
    /// - Returns: The program, or `nil` if it cannot be built, which is said then.
    private static func build(_ limits: String, in folder: String) -> String? {
        let copy = "\(folder)/limits"
        do {
            try WriterTools.run("/bin/cp", ["-r", limits, copy])
            try WriterTools.run("/bin/chmod", ["-R", "u+w", copy])
            try WriterTools.run(
                "/usr/bin/env",
                ["swift", "build", "-c", "release", "--package-path", copy, "--product", "I"]
            )
        } catch {
            report("writer-limits is skipped, \(limits) does not build (its README says what for)")
            report("\(error)")
            return nil
        }
        return "\(copy)/.build/release/I"
    }

    private static func run(
        _ program: String,
        _ servers: WriterServers,
        note: Int,
        count: Int
    ) async throws -> Limit {
        let url = try await servers.makeDatabase()
        let data = "\(servers.folder)/postgres/data"
        let owner = try FileManager.default.attributesOfItem(atPath: data)[.ownerAccountID]
        let text = try WriterTools.run(
            program,
            ["e2e", "4096"],
            environment: [
                "PGCONN": url, "PGUID": "\(owner ?? 0)", "IDX": "s", "SLEEPMS": "600",
                "REPS": "1", "NOTE": "\(note)", "N": "\(count)",
            ],
            isQuiet: true
        )
        try await servers.dropDatabase(url)
        let words = text.split(whereSeparator: \.isWhitespace)
        func number(before word: String) -> Double? {
            words.firstIndex { $0 == word }.flatMap { $0 > 0 ? Double(words[$0 - 1]) : nil }
        }
        func number(after word: String) -> Double? {
            words.lastIndex { $0 == word }
                .flatMap { $0 + 1 < words.count ? Double(words[$0 + 1]) : nil }
        }
        guard let rate = number(before: "ev/s;"), let cpu = number(after: "rdkafka+mock)"),
            let postgres = number(after: "postgres")
        else { throw WriterFailure(description: "the limit gave no figures: \(text)") }
        return Limit(rate: rate, cpu: cpu / 1e3, postgresCPU: postgres / 1e3)
    }
}
