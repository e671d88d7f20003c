import Foundation
import Testing

@testable import seeds

/// The ledger graph while everything fails; `Tests/run seeds` goes on with more seeds.
@Suite struct LedgerWorldTests {
    /// Nothing is lost and nothing doubled, whatever crashes, comes back as a zombie, or is unsure.
    @Test(arguments: 0..<8)
    func exactlyOnceWhateverFails(shard: Int) async {
        for seed in shard * 5..<(shard + 1) * 5 {
            let report = await LedgerWorld(seed: UInt64(seed), events: 250).run()
            #expect(
                report.isSound,
                "Tests/run seeds --first \(seed) --count 1 --events 250: \(report)"
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
        var (aborts, outages, gaps) = (0, 0, 0)
        for seed in UInt64(200)..<216 {
            let report = await LedgerWorld(seed: seed, events: 300).run()
            crashes += report.crashes
            pauses += report.pauses
            aborts += report.aborts
            outages += report.outages
            gaps += report.gaps
        }
        #expect(crashes > 5)
        #expect(pauses > 5)
        #expect(aborts > 5)
        #expect(outages > 5)
        #expect(gaps > 0)
    }

    /// What is planted is found, each time by one of few seeds.
    @Test(arguments: LedgerFlaw.allCases)
    func aPlantedMistakeIsFound(flaw: LedgerFlaw) async {
        var isFound = false
        for seed in UInt64(0)..<40 where !isFound {
            let report = await LedgerWorld(seed: seed, events: 200, flaw: flaw).run()
            isFound = !report.isSound
        }
        #expect(isFound)
    }

    /// A world that has ended is gone, with every process that ever was in it.
    @Test func aWorldLeavesNothingBehind() async {
        weak var left: LedgerWorld?
        do {
            let world = LedgerWorld(seed: 3, events: 200)
            left = world
            _ = await world.run()
        }
        #expect(left == nil)
    }

    /// Every kind of record has its say: entries, and each reason for a dead letter.
    @Test func everythingHappens() async {
        let report = await LedgerWorld(seed: 7, events: 500).run()
        #expect(report.isSound, "\(report)")
        #expect(report.entries > 450)
        #expect(report.deadLetters > 15)
    }

    /// Another process of the same build makes the same choices.
    @Test func anotherProcessHasTheSameTrace() throws {
        let seeds = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "seeds")
        try #require(FileManager.default.isExecutableFile(atPath: seeds.path))
        func run() throws -> String {
            let process = Process()
            let output = Pipe()
            process.executableURL = seeds
            process.arguments = ["--count", "3", "--events", "200", "--first", "5"]
            process.standardOutput = output
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return String(decoding: data, as: UTF8.self)
        }
        let first = try run()
        #expect(first.hasPrefix("seeds 3 events 200 first 5 lost 0 doubled 0 stuck 0 trace "))
        #expect(try run() == first)
    }
}
