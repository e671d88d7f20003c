import Checkpoints
import Glibc
import LedgerGraph
import LedgersEmbedded
import Streams

/// What reads a ledger: its index, and a full check.
enum ReadingWork {
    private static let eventCount = 1_000_000

    static func figures(_ surroundings: Surroundings) async throws -> [Figure] {
        try await surroundings.withFolder { path in
            let folder = try LedgerFolder(path)
            try await folder.makeEvents(eventCount)
            try await folder.makeLedger()
            let start = seconds(CLOCK_MONOTONIC)
            try await folder.run(LedgerPipeline.Options())
            let stored = seconds(CLOCK_MONOTONIC)
            let index = try await EntryIndex.open(folder.ledger)
            try await index.follow()
            await index.close()
            let indexed = seconds(CLOCK_MONOTONIC)
            let found = try await check(folder)
            guard found.isSound, found.entries == eventCount, let rows = found.index else {
                throw WrongChecksum(text: "the ledger is not sound: \(found.allProblems.prefix(3))")
            }
            func rate(_ count: Int, _ seconds: Double, _ name: String, goal: Double) -> Figure {
                Figure(
                    name: name,
                    value: Double(count) / seconds,
                    unit: "a second",
                    better: .more,
                    goal: goal
                )
            }
            return [
                rate(eventCount, indexed - stored, "index.catch-up", goal: 60_000),
                rate(eventCount, indexed - start, "index.end-to-end", goal: 60_000),
                rate(eventCount, found.elapsed / .seconds(1), "verify.entries", goal: 700_000),
                rate(rows.rows, rows.elapsed / .seconds(1), "verify.rows", goal: 150_000),
            ]
        }
    }

    private static func check(_ folder: LedgerFolder) async throws -> LedgerVerification {
        let key = folder.key.verifierKey
        let verifier = LedgerVerifier(
            folder.ledger,
            clock: GraphClock(ContinuousClock()),
            verifyNote: { note in
                guard let checkpoint = try? SignedCheckpoint.verify(note, with: key) else {
                    return nil
                }
                return (checkpoint.size, checkpoint.root)
            }
        )
        return await verifier.run()
    }
}
