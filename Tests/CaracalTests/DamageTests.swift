import Foundation
import Testing

@Suite struct DamageTests {
    @Test func findsNothingInAWholeFolder() throws {
        let ledger = try Ledger.shared.get()
        let outcome = try ledger.run("verify")
        #expect(outcome.code == 0)
        #expect((outcome.output + outcome.errors).contains("stored"))
        let report = try object(of: ledger.run("verify", "--json", "--vkey", ledger.vkey))
        #expect(report["ok"] as? Bool == true)
        #expect(report["entries"] as? Int == 300)
        #expect((report["problems"] as? [Any])?.isEmpty == true)
    }

    /// Every file of the folder, a bit in its middle, one near its start, one near its end.
    @Test func findsAFlippedBitInEveryFile() throws {
        let whole = try Ledger.shared.get()
        for name in try whole.files() where !["signing.key"].contains(name) {
            let size = try Data(contentsOf: URL(filePath: "\(whole.path)/\(name)")).count
            guard size > 0 else { continue }
            for place in Set([size / 3, size / 2, max(0, size - 2)]) {
                let ledger = try Ledger(copying: whole)
                try ledger.flip(name, at: place, bit: place % 7)
                let outcome = try ledger.run("verify", "--json", "--vkey", ledger.vkey)
                // The index is compared by what it answers: a bit that it does not read changes nothing.
                let isIndex =
                    name.hasPrefix("index") || name.contains(".sqlite") || name.contains(".db")
                if isIndex && outcome.code == 0 { continue }
                if name == "format", place == size - 2 {
                    // The version's digit: a newer one is refused, damaged or not.
                    #expect(outcome.code == 65)
                    continue
                }
                #expect(outcome.code == 1, "\(name) at \(place) of \(size)")
                let problems = try object(of: outcome)["problems"] as? [Any]
                #expect(problems?.isEmpty == false, "\(name) at \(place) of \(size)")
            }
        }
    }

    @Test func namesTheFileOfAProblem() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let name = try #require(
            try ledger.files().filter { $0.hasPrefix("ledger/entries/") }.max { one, other in
                try size(ledger, one) < size(ledger, other)
            }
        )
        try ledger.flip(name, at: size(ledger, name) / 2)
        let outcome = try ledger.run("verify", "--json")
        #expect(outcome.code == 1)
        let report = try object(of: outcome)
        #expect(report["ok"] as? Bool == false)
        let problems = try #require(report["problems"] as? [[String: Any]])
        #expect(problems.contains { ($0["file"] as? String)?.contains(name) == true })
        // A command that is not a check refuses damage.
        #expect(try ledger.run("entries").code == 65)
    }

    @Test func saysNoToADamagedFormatFile() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        try ledger.flip("format", at: 3)
        let outcome = try ledger.run("verify", "--json")
        #expect(outcome.code == 1)
        let problems = try #require(
            try object(of: outcome)["problems"] as? [[String: Any]]
        )
        #expect(problems.compactMap { $0["file"] as? String } == ["\(ledger.path)/format"])
        #expect(try object(of: outcome)["entries"] as? Int == 300)
    }

    @Test func rebuildsAnIndexOnRequest() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let index = try ledger.files().filter { $0.contains("index") && $0.contains("sqlite") }
        try #require(!index.isEmpty)
        for name in index {
            try FileManager.default.removeItem(atPath: "\(ledger.path)/\(name)")
        }
        #expect(try ledger.run("reindex").code == 0)
        #expect(try ledger.status()["indexSize"] as? Int == 300)
        #expect(try ledger.run("verify").code == 0)
    }

    @Test func signsNothingWithoutItsKey() throws {
        let whole = try Ledger.shared.get()
        let other = try Ledger()
        for change in 0..<2 {
            let ledger = try Ledger(copying: whole)
            let key = "\(ledger.path)/signing.key"
            try FileManager.default.removeItem(atPath: key)
            if change == 1 {
                try FileManager.default.copyItem(atPath: "\(other.path)/signing.key", toPath: key)
            }
            _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 5)))
            let outcome = try ledger.run("run", "--until-drained")
            #expect(outcome.code == 77)
            #expect(outcome.errors.contains("signing.key"))
            #expect(try ledger.status()["size"] as? Int == 300)
            #expect(try ledger.run("verify", "--vkey", whole.vkey).code == 0)
        }
    }

    @Test func saysNoToAFolderUnderAnotherKey() throws {
        let ledger = try Ledger.shared.get()
        let other = try Ledger()
        #expect(try ledger.run("verify", "--vkey", other.vkey).code == 1)
        #expect(try ledger.run("verify", "--vkey", "nonsense").code == 64)
    }

    /// A limit on the size of files stands for a full disk.
    @Test func losesNothingOnAFullDisk() throws {
        let ledger = try Ledger()
        let words = ["ingest", ledger.path, Caracal.trace]
        // The signal of the limit is ignored, as services do: the write fails then.
        let full = try Caracal.run(words, limit: "trap '' XFSZ; ulimit -f 512")
        #expect(full.code == 74, "\(full.errors)")
        #expect(full.errors.contains("space"))
        #expect(try ledger.run("ingest", Caracal.trace).code == 0)
        let stuck = try Caracal.run(
            ["run", ledger.path, "--until-drained", "--batch-count", "100"],
            limit: "trap '' XFSZ; ulimit -f 512"
        )
        #expect(stuck.code == 74, "\(stuck.errors)")
        #expect(try ledger.run("verify").code == 0)
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root())
    }

    /// No damage: they are entries of their own, and whoever looks is told.
    @Test func listsEventsThatAreThereTwice() throws {
        let ledger = try Ledger()
        let line = eventLine(1, producer: "p").dropLast()
        let lines = (1...3).map { "\(line),\"sequence\":\($0)}\n" }
        _ = try ledger.run("ingest", ledger.scratch.file("a.ndjson", lines.joined()))
        try ledger.drain()
        let report = try object(of: ledger.run("verify", "--json"))
        #expect(report["ok"] as? Bool == true && report["entries"] as? Int == 3)
        let repeats = try #require(report["repeats"] as? [[String: Any]])
        #expect(repeats.map { $0["index"] as? Int } == [1, 2])
        #expect(repeats.allSatisfy { $0["event_id"] as? String == "event-1" })
        #expect(
            try ledger.run("verify").output.contains("event 'event-1': entry 2 repeats entry 0")
        )
        // An event's receipt is that of the newest.
        #expect(try ledger.run("receipt", "--event", "event-1").output.contains("\nindex 2\n"))
    }

    /// Held up between event log and ledger while both grow, it must not take that for damage.
    @Test func reportsNothingOfALogThatGrowsMeanwhile() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", ledger.scratch.file("a.csv", traceText(rows: 10)))
        try ledger.drain()
        let grown = try Ledger(copying: ledger)
        _ = try grown.run("ingest", grown.scratch.file("b.csv", traceText(rows: 20)))
        try grown.drain()

        // What opens a pipe waits for somebody who writes into it.
        let pipe = "\(ledger.path)/ledger/format"
        try FileManager.default.removeItem(atPath: pipe)
        let made = unsafe mkfifo(pipe, 0o600)
        #expect(made == 0)
        let running = try Running(["verify", ledger.path, "--json"])
        defer { if running.process.isRunning { running.signal(SIGKILL) } }
        try running.waitUntilAsleep()
        for name in try grown.files() where name != "ledger/format" {
            let path = "\(ledger.path)/\(name)"
            try Data(contentsOf: URL(filePath: "\(grown.path)/\(name)"))
                .write(to: URL(filePath: path))
        }
        let writer = unsafe open(pipe, O_WRONLY | O_NONBLOCK)
        try #require(writer >= 0)
        let outcome = try running.wait()
        close(writer)
        let report = try object(of: outcome)
        #expect(report["entries"] as? Int == 30)
        let problems = try #require(report["problems"] as? [[String: Any]])
        #expect(problems.compactMap { $0["file"] as? String } == [pipe])
    }

    private func size(_ ledger: Ledger, _ name: String) throws -> Int {
        try Data(contentsOf: URL(filePath: "\(ledger.path)/\(name)")).count
    }
}
