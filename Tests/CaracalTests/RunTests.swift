import Foundation
import Testing

@Suite struct RunTests {
    @Test func drainsTheTraceIntoTheLedger() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", Caracal.trace)
        let outcome = try ledger.drain()
        let line = try #require(
            outcome.lastLine.wholeMatch(
                of: /entries (\d+) dead (\d+) rate (\d+)\/s size (\d+) root (\S{44})/
            )
        )
        #expect(line.1 == "19366" && line.2 == "0" && line.4 == "19366")
        let status = try ledger.status()
        #expect(status["size"] as? Int == 19_366)
        #expect(status["cursor"] as? Int == 19_366)
        #expect(status["logEnd"] as? Int == 19_366)
        #expect(status["indexSize"] as? Int == 19_366)
        #expect(status["root"] as? String == String(line.5))
        let again = try ledger.drain()
        #expect(again.lastLine.hasPrefix("entries 0 dead 0 "))
        #expect(again.lastLine.hasSuffix("size 19366 root \(line.5)"))
    }

    /// The root and the order of entries depend on none of these.
    @Test(arguments: [
        ["--lanes", "1", "--batch-count", "7"], ["--lanes", "3", "--batch-bytes", "1 KiB"],
        ["--lanes", "2", "--batch-wait", "0"], ["--memory", "32 MiB", "--index", "deferred"],
    ])
    func keepsTheRootWhateverTheOptions(options: [String]) throws {
        let expected = try Ledger.shared.get()
        let ledger = try Ledger()
        let file = try ledger.scratch.file("trace.csv", traceText(rows: 300))
        _ = try ledger.run("ingest", file)
        let outcome = try Caracal.run(["run", ledger.path, "--until-drained"] + options)
        #expect(outcome.code == 0)
        #expect(try ledger.root() == expected.root())
    }

    @Test func leavesTheIndexToLater() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", ledger.scratch.file("trace.csv", traceText(rows: 50)))
        #expect(try ledger.run("run", "--until-drained", "--index", "deferred").code == 0)
        #expect(try ledger.status()["indexSize"] as? Int == 0)
        // What the index has not reached is found all the same.
        #expect(try ledger.run("entries").output.split(separator: "\n").count == 50)
        #expect(try ledger.run("reindex").code == 0)
        #expect(try ledger.status()["indexSize"] as? Int == 50)
    }

    @Test func dropsAnEventThatIsThereAlready() throws {
        let ledger = try Ledger()
        let lines = [
            eventLine(1, producer: "p"), eventLine(2, producer: "p"),
            eventLine(1, producer: "p"), eventLine(1, cost: "0.5", producer: "p"),
            eventLine(3, producer: "p"),
        ]
        for (number, line) in lines.enumerated() {
            _ = try ledger.run("ingest", ledger.scratch.file("\(number).ndjson", line + "\n"))
        }
        let outcome = try ledger.drain()
        #expect(outcome.lastLine.hasPrefix("entries 3 dead 1 "))
        #expect(try ledger.run("dlq list").output.contains("id_conflict"))
        #expect(try ledger.status()["deadLetters"] as? Int == 1)
    }

    @Test func endsWithSuccessOnSIGTERM() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", ledger.scratch.file("trace.csv", traceText(rows: 20)))
        let running = try Running(["run", ledger.path])
        try wait(for: { try ledger.status()["size"] as? Int == 20 })
        // It wakes on what comes later, too.
        _ = try ledger.run("ingest", ledger.scratch.file("more.csv", traceText(rows: 30)))
        try wait(for: { try ledger.status()["size"] as? Int == 50 })
        running.signal(SIGTERM)
        let outcome = try running.wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.lastLine.hasPrefix("entries 50 dead 0 "))
        #expect(try ledger.run("verify").code == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func isCutShortBySignalsAndGoesOn(signal: Int32) throws {
        let ledger = try Ledger()
        // More than may be under way at once, so that there is a rest.
        for source in 0..<6 {
            _ = try ledger.run("ingest", Caracal.trace, "--source", "source-\(source)")
        }
        let running = try Running([
            "run", ledger.path, "--until-drained", "--index", "deferred", "--batch-count", "20",
        ])
        try wait(for: { try ledger.status()["size"] as? Int ?? 0 > 0 })
        running.signal(signal)
        #expect(try running.wait().code == 75)
        #expect(try ledger.run("run", "--until-drained", "--index", "deferred").code == 0)
        #expect(try ledger.status()["size"] as? Int == 6 * 19_366)
    }

    @Test(arguments: [
        ("--batch-count", "0"), ("--batch-bytes", "1"), ("--batch-wait", "5 parsecs"),
        ("--lanes", "65"), ("--memory", "1 KiB"), ("--index", "never"),
    ])
    func refusesOptionsThatMakeNoSense(option: String, value: String) throws {
        let outcome = try Ledger.shared.get().run("run", "--until-drained", option, value)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("\(option): '\(value)' is not"))
    }

    /// Every one of them is named, and nothing is started.
    @Test func refusesSettingsThatMakeNoSense() throws {
        let ledger = try Ledger()
        let config = try ledger.scratch.file("c", "batch.count = 0\nbatch.wait = 1 ly\nfoo = 1\n")
        let outcome = try Caracal.run(
            "run",
            ledger.path,
            "--config",
            config,
            environment: ["CARACAL_LANES": "x", "CARACAL_MEMORY": "1", "CARACAL_OTHER": "ignored"]
        )
        #expect(outcome.code == 78)
        for problem in [
            "CARACAL_LANES: lanes: 'x'", "CARACAL_MEMORY: memory: '1'", "c:1: batch.count: '0'",
            "c:2: batch.wait: '1 ly'", "c:3: foo: no such setting",
        ] {
            #expect(outcome.errors.contains(problem))
        }
        #expect(!outcome.errors.contains("OTHER"))
        #expect(try ledger.run("dlq retry", "--all", "--config", config).code == 78)
    }

    @Test func endsAtOnceOnASecondSignal() throws {
        let ledger = try Ledger()
        let running = try Running(["run", ledger.path])
        try running.waitForLock("\(ledger.path)/ledger/run.lock")
        // Both are there before the process takes the first.
        running.signal(SIGSTOP)
        running.signal(SIGTERM)
        running.signal(SIGINT)
        running.signal(SIGCONT)
        #expect(try running.wait().code == 143)
        let verified = try ledger.run("verify")
        #expect(verified.code == 0, "\(verified.output)")
    }

    @Test func losesNothingByASecondSignalInMidRun() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", Caracal.trace)
        let running = try Running(["run", ledger.path, "--batch-count", "16"])
        try wait(for: { try ledger.status()["size"] as? Int ?? 0 > 0 })
        running.signal(SIGSTOP)
        running.signal(SIGTERM)
        running.signal(SIGINT)
        running.signal(SIGCONT)
        #expect(try running.wait().code == 143)
        #expect(try ledger.run("verify").code == 0)
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root())
        #expect(try ledger.run("verify").code == 0)
    }

    /// Killed while it makes its first index: that is there as a whole or not at all.
    @Test func leavesNoHalfOfAnIndex() throws {
        for step in 0..<25 {
            let ledger = try Ledger()
            let running = try Running(["run", ledger.path])
            try running.waitForLock("\(ledger.path)/ledger/run.lock")
            usleep(UInt32(step) * 1_500)
            running.signal(SIGKILL)
            _ = try running.wait()
            let outcome = try ledger.run("verify")
            #expect(outcome.code == 0, "after \(step): \(outcome.output)")
        }
    }

    @Test func showsABarOnATerminalOnly() throws {
        let ledger = try Ledger()
        let plain = try ledger.run("ingest", Caracal.trace, "--source", "plain")
        #expect(!plain.errors.contains("[") && !plain.errors.contains("\r"))
        let shown = try Caracal.run(
            ["ingest", ledger.path, Caracal.trace],
            limit: "exec script -qec \"$0 $*\" /dev/null"
        )
        #expect(shown.code == 0)
        #expect(shown.output.contains("\r[") && shown.output.contains("#] ingest "))
        #expect(shown.output.contains("rows, ") && shown.output.contains("/s"))
        #expect(shown.output.contains("read 19366 appended 19366 already 0 dead 0"))
    }

    @Test func letsOneProcessInForEachRole() throws {
        let ledger = try Ledger()
        let running = try Running(["run", ledger.path])
        try running.waitForLock("\(ledger.path)/ledger/run.lock")
        let second = try ledger.run("run")
        #expect(second.code == 75)
        #expect(second.errors.contains("\(running.process.processIdentifier)"))

        let ingesting = try Running(
            ["ingest", ledger.path, "-", "--source", "a"],
            keepsInputOpen: true
        )
        try ingesting.waitForLock("\(ledger.path)/events/append.lock")
        let other = try ledger.run("ingest", Caracal.trace)
        #expect(other.code == 75)
        #expect(other.errors.contains("\(ingesting.process.processIdentifier)"))
        // Cut short: the rest resumes.
        ingesting.signal(SIGTERM)
        #expect(try ingesting.wait().code == 75)
        running.signal(SIGINT)
        #expect(try running.wait().code == 0)
    }
}

/// Polls until `condition` holds, for at most 20 seconds.
func wait(for condition: () throws -> Bool) throws {
    for _ in 0..<400 {
        if try condition() { return }
        usleep(50_000)
    }
    Issue.record("what was waited for did not come")
}

extension Running {
    /// Waits until every thread of the process has been waiting for something for a while.
    func waitUntilAsleep() throws {
        let tasks = "/proc/\(process.processIdentifier)/task"
        var looks = 0
        try CaracalTests.wait(for: {
            let areAsleep = try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy {
                let line = try? String(contentsOfFile: "\(tasks)/\($0)/stat", encoding: .utf8)
                return line?.split(separator: ") ").last?.first == "S"
            }
            looks = areAsleep ? looks + 1 : 0
            return looks == 5
        })
    }

    /// Waits until the process holds a lock, which names it.
    func waitForLock(_ path: String) throws {
        let line = "\(process.processIdentifier)\n"
        try CaracalTests.wait(for: { (try? String(contentsOfFile: path, encoding: .utf8)) == line })
    }
}
