import Foundation
import Testing

/// kill -9 at any moment: nothing lost, nothing twice, the root of an undisturbed run.
@Suite struct KillTests {
    static let seed = UInt64.random(in: 1...UInt64.max)

    @Test func survivesFiftyKillsInIngest() throws {
        let ledger = try Ledger()
        try killOften(50, ["ingest", ledger.path, Caracal.trace])
        let last = try ledger.run("ingest", Caracal.trace)
        #expect(last.code == 0)
        let counts = try #require(
            last.lastLine.wholeMatch(of: /read 19366 appended (\d+) already (\d+) dead 0/),
            "seed \(Self.seed)"
        )
        #expect(try #require(Int(counts.1)) + #require(Int(counts.2)) == 19_366)
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root(), "seed \(Self.seed)")
        #expect(try ledger.run("verify").code == 0)
    }

    @Test func survivesFiftyKillsInRun() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", Caracal.trace)
        try killOften(50, ["run", ledger.path, "--until-drained", "--batch-count", "64"])
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root(), "seed \(Self.seed)")
        #expect(try ledger.status()["size"] as? Int == 19_366)
        #expect(try ledger.status()["indexSize"] as? Int == 19_366)
        let verified = try ledger.run("verify")
        #expect(verified.code == 0, "seed \(Self.seed): \(verified.output)")
    }

    /// Starts the command `count` times and kills it after a random time, each time.
    private func killOften(_ count: Int, _ words: [String]) throws {
        var random = RandomTimes(state: Self.seed)
        for _ in 0..<count {
            let running = try Running(words)
            usleep(random.next(below: 60_000))
            running.signal(SIGKILL)
            let outcome = try running.wait()
            try #require([0, -SIGKILL].contains(outcome.code), "\(outcome.errors)")
        }
    }
}

/// Microseconds from a seed, so that a failure can be tried again.
private struct RandomTimes {
    var state: UInt64

    mutating func next(below bound: UInt32) -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: state >> 33) % bound
    }
}
