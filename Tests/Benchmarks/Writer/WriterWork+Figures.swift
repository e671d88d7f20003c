/// `ledger-writer` and the writer by hand in Go in turn, on the same topics and servers.
enum WriterWork {
    static let eventCount = 500_000
    private static let pairCount = 3

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        try await withServers(surroundings, for: "writer") { servers in
            var figures: [Figure] = []
            var ours: [WriterRun] = []
            for size in [533, 1_024] {
                let topic = "events-\(size)"
                try servers.load(topic, count: eventCount, size: size)
                let pairs = try await pairs(servers, topic, count: eventCount)
                figures += rows("writer.\(size)", pairs.ours, pairs.peer)
                ours += pairs.ours
            }
            figures.append(
                Figure(
                    name: "writer.memory.peak",
                    value: ours.map(\.memory).max() ?? 0,
                    unit: "MB",
                    better: .less,
                    goal: 250
                )
            )
            figures.append(
                Figure(
                    name: "writer.start.to.first.commit",
                    value: median(ours, \.start),
                    unit: "s",
                    better: .less,
                    goal: 2
                )
            )
            return figures
        } ?? []
    }

    /// Runs both in turn, and says what each run showed.
    private static func pairs(
        _ servers: WriterServers,
        _ topic: String,
        count: Int
    ) async throws -> (ours: [WriterRun], peer: [WriterRun]) {
        // A broker that has just started compiles what it runs, and makes the topic of the groups.
        say(topic, "go, not counted", try await servers.runPeer(topic, count: count))
        say(topic, "ours, not counted", try await servers.runWriter(topic, count: count))
        var pairs: (ours: [WriterRun], peer: [WriterRun]) = ([], [])
        for _ in 0..<pairCount {
            pairs.peer.append(try await servers.runPeer(topic, count: count))
            pairs.ours.append(try await servers.runWriter(topic, count: count))
            if let peer = pairs.peer.last { say(topic, "go", peer) }
            if let ours = pairs.ours.last { say(topic, "ours", ours) }
        }
        return pairs
    }

    static func say(_ topic: String, _ name: String, _ run: WriterRun) {
        report(
            """
            \(topic) \(name): \(rounded(run.rate)) rows/s, CPU s a million \(rounded(run.cpu)), \
            PostgreSQL \(rounded(run.postgresCPU)), broker \(rounded(run.brokerCPU)); \
            \(rounded(run.memory)) MB, first commit after \(rounded(run.start)) s, \
            \(rounded(run.batch)) rows a commit; others took \(rounded(100 * run.others)) % of the CPU
            """
        )
    }

    static func median(_ runs: [WriterRun], _ path: KeyPath<WriterRun, Double>) -> Double {
        let values = runs.map { $0[keyPath: path] }.sorted()
        return values.isEmpty ? 0 : values[values.count / 2]
    }

    /// Ours beside the peer's.
    static func rows(_ name: String, _ ours: [WriterRun], _ peer: [WriterRun]) -> [Figure] {
        func row(
            _ end: String,
            _ unit: String,
            _ better: Figure.Better,
            _ value: ([WriterRun]) -> Double,
            goal: Double? = nil
        ) -> Figure {
            Figure(
                name: "\(name).\(end)",
                value: value(ours),
                unit: unit,
                better: better,
                reference: Figure.Reference(name: "Go", value: value(peer)),
                goal: goal
            )
        }
        return [
            row("rate", "rows/s", .more, { median($0, \.rate) }, goal: 0.8),
            row("rate.best", "rows/s", .more, { $0.map(\.rate).max() ?? 0 }),
            // 0.8 of it is 1.25 times its CPU time.
            row("cpu", "s/million", .less, { median($0, \.cpu) }, goal: 0.8),
            row("cpu.whole", "s/million", .less, { median($0, \.wholeCPU) }),
            row("cpu.postgres", "s/million", .less, { median($0, \.postgresCPU) }),
            row("cpu.broker", "s/million", .less, { median($0, \.brokerCPU) }),
            row("memory", "MB", .less, { $0.map(\.memory).max() ?? 0 }),
        ]
    }
}
