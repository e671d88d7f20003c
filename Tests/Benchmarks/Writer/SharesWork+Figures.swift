/// What the parts of the writer's work cost: bare copies of its rows, reading back, and the whole
/// beside a writer that only copies.
enum SharesWork {
    private static let repetitions = 3

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        try await withServers(surroundings, for: "writer-shares") { servers in
            let (topic, count) = ("events-533", WriterWork.eventCount)
            try servers.load(topic, count: count, size: 533)
            var ours: [WriterRun] = []
            var plain: [WriterRun] = []
            for _ in 0..<repetitions {
                plain.append(
                    try await PlainWriter(servers: servers, topic: topic, count: count).run()
                )
                ours.append(try await servers.runWriter(topic, count: count))
                WriterWork.say(topic, "plain", plain[plain.count - 1])
                WriterWork.say(topic, "ours", ours[ours.count - 1])
            }
            var figures = beside(ours, plain)
            figures += try await copies(servers, topic)
            return figures
        } ?? []
    }

    private static func beside(_ ours: [WriterRun], _ plain: [WriterRun]) -> [Figure] {
        func row(
            _ name: String,
            _ unit: String,
            _ better: Figure.Better,
            _ path: KeyPath<WriterRun, Double>,
            goal: Double? = nil
        ) -> Figure {
            Figure(
                name: "writer.shares.\(name)",
                value: WriterWork.median(ours, path),
                unit: unit,
                better: better,
                reference: Figure.Reference(
                    name: "a plain COPY writer",
                    value: WriterWork.median(plain, path)
                ),
                goal: goal
            )
        }
        return [
            // Exactly once and proof may cost 35 %.
            row("rate", "rows/s", .more, \.rate, goal: 0.65),
            row("cpu", "s/million", .less, \.cpu),
            row("cpu.postgres", "s/million", .less, \.postgresCPU),
        ]
    }

    private static func copies(
        _ servers: WriterServers,
        _ topic: String
    ) async throws -> [Figure] {
        let filled = try await servers.makeLedgers()
        _ = try await servers.runWriter(topic, count: WriterWork.eventCount, into: filled)
        let rows = try await BareCopy(filled)
        try await servers.dropDatabase(filled)
        var (bare, keyed): ([BareCopy.Cost], [BareCopy.Cost]) = ([], [])
        var (entries, read): ([BareCopy.Cost], [BareCopy.Cost]) = ([], [])
        for _ in 0..<repetitions {
            bare.append(try await alone(servers) { try await rows.copy(into: "bare", $0, servers) })
            keyed.append(
                try await alone(servers) { try await rows.copy(into: "keyed", $0, servers) }
            )
            let pair = try await alone(servers) { url in
                (
                    try await rows.copy(into: "caracal.entries", url, servers),
                    try await rows.readBack(url, servers)
                )
            }
            entries.append(pair.0)
            read.append(pair.1)
        }
        func figures(_ name: String, _ costs: [BareCopy.Cost]) -> [Figure] {
            let count = Double(rows.count)
            let walls = costs.map(\.wall).sorted()
            let times = costs.map(\.cpu).sorted()
            return [
                Figure(
                    name: "writer.shares.\(name).rate",
                    value: count / walls[walls.count / 2],
                    unit: "rows/s",
                    better: .more
                ),
                Figure(
                    name: "writer.shares.\(name).cpu.postgres",
                    value: times[times.count / 2] / count * 1e6,
                    unit: "s/million",
                    better: .less
                ),
            ]
        }
        return figures("copy.no.key", bare) + figures("copy.key", keyed)
            + figures("copy.entries", entries) + figures("read.back", read)
    }

    /// Lends a database with the product's tables, and beside them one that has the same columns, and
    /// one that has the key too.
    private static func alone<Result>(
        _ servers: WriterServers,
        _ body: (String) async throws -> Result
    ) async throws -> Result {
        let url = try await servers.makeLedgers()
        let database = try WriterDatabase(url)
        for table in ["bare", "keyed"] {
            try await database.execute(
                "CREATE TABLE \(table) (LIKE caracal.entries INCLUDING STORAGE)"
            )
        }
        try await database.execute("ALTER TABLE keyed ADD PRIMARY KEY (partition, index)")
        try await database.execute(
            "SELECT caracal.extend_entries(p, 0) FROM generate_series(0, 3) p"
        )
        try await database.execute("CHECKPOINT")
        await database.close()
        let result = try await body(url)
        try await servers.dropDatabase(url)
        return result
    }
}
