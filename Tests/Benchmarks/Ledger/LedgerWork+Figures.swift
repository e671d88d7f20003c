import Foundation

/// The ledger, embedded and durable, from event log to signed tree.
enum LedgerWork {
    private static let eventCount = 2_000_000
    private static let batchCount = 4_096

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        try await surroundings.withFolder { path in
            let folder = try LedgerFolder(path)
            try await folder.makeEvents(eventCount)
            var ledgers: [LedgerChild.Cost] = []
            var loops: [LedgerChild.Cost] = []
            for _ in 0..<3 {
                loops.append(try once("hand", folder))
                ledgers.append(try once("ledger", folder))
            }
            guard Set((ledgers + loops).map(\.root)).count == 1 else {
                throw WrongChecksum(text: "ledger and loop have different roots")
            }
            return figures(ledgers, loops)
        } + curve(surroundings)
    }

    private static func figures(
        _ ledgers: [LedgerChild.Cost],
        _ loops: [LedgerChild.Cost]
    )
        -> [Figure]
    {
        let count = Double(eventCount)
        let rate = count / ledgers.map(\.seconds).sorted()[1]
        let hand = Figure.Reference(
            name: "a hand-written loop",
            value: count / loops.map(\.seconds).sorted()[1]
        )
        let peak = ledgers.map(\.peak).max() ?? 0
        let cpu = ledgers.map(\.cpuSeconds).sorted()[1] * 1e9 / count
        let handCPU = loops.map(\.cpuSeconds).sorted()[1] * 1e9 / count
        return [
            Figure(
                name: "ledger.end-to-end",
                value: rate,
                unit: "events/s",
                better: .more,
                reference: hand,
                goal: 0.6
            ),
            Figure(
                name: "ledger.rate",
                value: rate,
                unit: "events/s",
                better: .more,
                goal: 400_000
            ),
            Figure(
                name: "ledger.cpu",
                value: cpu,
                unit: "ns/event",
                better: .less,
                reference: Figure.Reference(name: "a hand-written loop", value: handCPU)
            ),
            Figure(
                name: "ledger.memory",
                value: peak / 1e6,
                unit: "MB",
                better: .less,
                goal: 200
            ),
        ]
    }

    /// Runs once, and removes what was written.
    private static func once(_ kind: String, _ folder: LedgerFolder) throws -> LedgerChild.Cost {
        let cost = try LedgerChild.run(kind, folder, batchCount: batchCount)
        let written =
            kind == "ledger"
            ? [folder.ledger] : ["\(folder.path)/hand-entries", "\(folder.path)/hand-hashes"]
        for path in written { try FileManager.default.removeItem(atPath: path) }
        return cost
    }

    /// What an event costs in ledgers of different sizes.
    private static func curve(_ surroundings: Surroundings) async throws -> [Figure] {
        let sizes = [10_000, 100_000, 1_000_000] + (surroundings.isLong ? [10_000_000] : [])
        var figures: [Figure] = []
        for size in sizes {
            let cost = try await surroundings.withFolder { path in
                let folder = try LedgerFolder(path)
                try await folder.makeEvents(size)
                return try once("ledger", folder)
            }
            figures.append(
                Figure(
                    name: "ledger.curve.\(size)",
                    value: cost.cpuSeconds * 1e9 / Double(size),
                    unit: "cpu ns/event",
                    better: .less
                )
            )
            figures.append(
                Figure(
                    name: "ledger.curve.\(size).memory",
                    value: cost.peak / 1e6,
                    unit: "MB",
                    better: .less,
                    goal: 200
                )
            )
        }
        return figures
    }
}
