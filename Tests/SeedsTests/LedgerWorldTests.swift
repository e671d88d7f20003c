import Testing

@testable import seeds

/// The ledger graph while everything fails; `Tests/run seeds` goes on with more seeds.
@Suite struct LedgerWorldTests {
    /// Nothing is lost and nothing doubled, whatever crashes, comes back as a zombie, or is unsure.
    @Test(arguments: 0..<8)
    func exactlyOnceWhateverFails(shard: Int) async {
        for seed in shard * 5..<(shard + 1) * 5 {
            let report = await LedgerWorld(seed: UInt64(seed), events: 400).run()
            #expect(
                report.isSound,
                "Tests/run seeds --first \(seed) --count 1 --events 400: \(report)"
            )
        }
    }

    /// One seed, one run: schedule, times and faults are the same again.
    @Test(arguments: UInt64(100)..<104)
    func aSeedReplaysExactly(seed: UInt64) async {
        let first = await LedgerWorld(seed: seed, events: 300).run()
        #expect(await LedgerWorld(seed: seed, events: 300).run() == first)
        #expect(
            await LedgerWorld(seed: seed + 1_000, events: 300).run().traceHash != first.traceHash
        )
    }

    /// The world is as rough as it says: over some seeds processes crash and pause.
    @Test func thingsReallyFail() async {
        var crashes = 0
        var pauses = 0
        for seed in UInt64(200)..<210 {
            let report = await LedgerWorld(seed: seed, events: 600).run()
            crashes += report.crashes
            pauses += report.pauses
        }
        #expect(crashes > 5)
        #expect(pauses > 5)
    }
}
