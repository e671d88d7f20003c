import Foundation

/// `seeds [--count N] [--events M] [--first S]`: the ledger graph in the simulation, all faults, one
/// seed after another.
@main
enum Seeds {
    static func main() async {
        var values = ["--count": 100, "--events": 2_000, "--first": 1]
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            guard values[word] != nil else {
                return fail("unknown option '\(word)'; known are --count, --events and --first")
            }
            guard let text = words.popFirst(), let value = Int(text), value >= 0 else {
                return fail("\(word) needs a whole number that is not negative")
            }
            values[word] = value
        }
        let (count, events) = (values["--count", default: 0], values["--events", default: 0])
        let first = values["--first", default: 0]
        let (end, isTooFar) = first.addingReportingOverflow(count)
        if isTooFar { return fail("there is no seed so high") }
        var (lost, doubled, stuck) = (0, 0, 0)
        var trace: UInt64 = 0xCBF2_9CE4_8422_2325
        var isSound = true
        await run(first..<end, events: events) { seed, report in
            lost += report.lost
            doubled += report.doubled
            stuck += report.stuck
            trace = (trace ^ report.traceHash) &* 0x0100_0000_01B3
            if !report.isSound {
                isSound = false
                say("seed \(seed): \(report.problem ?? "lost, doubled or stuck"): \(report)")
                say("replay: Tests/run seeds --first \(seed) --count 1 --events \(events)")
            }
        }
        let hex = String(trace, radix: 16)
        print(
            """
            seeds \(count) events \(events) first \(first) lost \(lost) doubled \(doubled) \
            stuck \(stuck) trace \(String(repeating: "0", count: 16 - hex.count))\(hex)
            """
        )
        exit(isSound ? 0 : 1)
    }

    /// Runs a world a core, and shows the reports in order of their seeds.
    private static func run(
        _ seeds: Range<Int>,
        events: Int,
        show: (Int, LedgerWorld.Report) -> Void
    ) async {
        await withTaskGroup(of: (Int, LedgerWorld.Report).self) { group in
            var waiting = seeds.makeIterator()
            var finished: [Int: LedgerWorld.Report] = [:]
            var shown = seeds.lowerBound
            func start() {
                guard let seed = waiting.next() else { return }
                group.addTask {
                    (seed, await LedgerWorld(seed: UInt64(seed), events: events).run())
                }
            }
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { start() }
            while let (seed, report) = await group.next() {
                start()
                finished[seed] = report
                while let next = finished.removeValue(forKey: shown) {
                    show(shown, next)
                    shown += 1
                }
            }
        }
    }

    private static func fail(_ text: String) {
        say("seeds: \(text)")
        exit(64)
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
