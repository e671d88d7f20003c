import Foundation
import Testing

/// kill -9 at any moment: nothing lost, nothing twice, the root of an undisturbed run.
@Suite struct KillTests {
    static let seed = UInt64.random(in: 1...UInt64.max)
    /// How often each is killed: 50 times, or as often as `CARACAL_TEST_KILLS` says.
    static let count = max(
        10,
        ProcessInfo.processInfo.environment["CARACAL_TEST_KILLS"].flatMap(Int.init) ?? 50
    )

    @Test func survivesFiftyKillsInIngest() throws {
        let ledger = try Ledger()
        let source = try #require(Caracal.trace.split(separator: "/").last.map(String.init))
        // Through a pipe the rows come in many small appends, of the file in a few large ones.
        let piped = "exec < <(cat '\(Caracal.trace)')"
        let words = ["ingest", ledger.path, "-", "--source", source]
        let spare = try Ledger()
        let time = try Self.time {
            try Caracal.run(["ingest", spare.path, "-", "--source", source], limit: piped)
        }
        let ends = try killOften(Self.count * 4 / 5, words, within: time / 3, limit: piped) {
            try ledger.status()["logEnd"] as? Int ?? 0
        }
        #expect(ends.count > 2, "\(ends.count) ends, seed \(Self.seed)")
        try killOften(Self.count / 5, ["ingest", ledger.path, Caracal.trace], within: time) { 0 }
        let last = try ledger.run("ingest", Caracal.trace)
        #expect(last.code == 0)
        let counts = try #require(
            last.lastLine.wholeMatch(of: /read 19366 appended (\d+) already (\d+) dead 0/),
            "seed \(Self.seed)"
        )
        #expect(try #require(Int(counts.1)) + #require(Int(counts.2)) == 19_366)
        #expect(counts.2 != "0")
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root(), "seed \(Self.seed)")
        #expect(try ledger.run("verify").code == 0)
    }

    @Test func survivesFiftyKillsInRun() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", Caracal.trace)
        let words = ["--until-drained", "--batch-count", "64"]
        let spare = try Ledger()
        let start = try Self.time { try Caracal.run(["run", spare.path] + words) }
        _ = try spare.run("ingest", Caracal.trace)
        let whole = try Self.time { try Caracal.run(["run", spare.path] + words) }
        // Long enough to get somewhere, and short enough that all of them do not get to the end at once.
        let bound = start + max(.milliseconds(10), whole - start) * 4 / Self.count
        let sizes = try killOften(Self.count, ["run", ledger.path] + words, within: bound) {
            try ledger.status()["size"] as? Int ?? 0
        }
        #expect(sizes.count > 5, "\(sizes.count) sizes, seed \(Self.seed)")
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root(), "seed \(Self.seed)")
        #expect(try ledger.status()["size"] as? Int == 19_366)
        #expect(try ledger.status()["indexSize"] as? Int == 19_366)
        let verified = try ledger.run("verify")
        #expect(verified.code == 0, "seed \(Self.seed): \(verified.output)")
    }

    /// Starts the command `count` times and kills it after a random time, each time.
    ///
    /// - Returns: What `progress` said after the kills, each number once.
    @discardableResult
    private func killOften(
        _ count: Int,
        _ words: [String],
        within bound: Duration,
        limit: String? = nil,
        progress: () throws -> Int
    ) throws -> Set<Int> {
        var random = RandomTimes(state: Self.seed)
        let microseconds = UInt32(max(1_000, bound / .microseconds(1)))
        var seen: Set<Int> = []
        for _ in 0..<count {
            let running = try Running(words, limit: limit)
            usleep(random.next(below: microseconds))
            running.signal(SIGKILL)
            let outcome = try running.wait()
            try #require([0, -SIGKILL].contains(outcome.code), "\(outcome.errors)")
            seen.insert(try progress())
        }
        return seen
    }

    private static func time(_ run: () throws -> Caracal.Outcome) throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try run()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return start.duration(to: clock.now)
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
