import Foundation
import Testing

@Suite struct EntriesTests {
    @Test func printsEntriesInOrder() throws {
        let ledger = try Ledger.shared.get()
        let lines = try ledger.run("entries").output.split(separator: "\n")
        #expect(lines.count == 300)
        for (number, line) in lines.enumerated() {
            let entry = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            )
            #expect(entry["index"] as? Int == number)
            #expect(entry["cost"] is String && entry["quantity"] is String)
        }
    }

    @Test func picksByAgentAndTime() throws {
        let ledger = try Ledger.shared.get()
        let agent = try ledger.run("entries", "--agent", "agent-3").output.split(separator: "\n")
        #expect(agent.count == 19)
        #expect(agent.allSatisfy { $0.contains(#""agent_id":"agent-3""#) })
        let all = try ledger.run("entries").output.split(separator: "\n").map(String.init)
        let times = try all.map { line in
            try #require(line.firstMatch(of: /"timestamp":"([^"]+)"/)).1
        }
        let picked = try ledger.run(
            "entries",
            "--from",
            String(times[10]),
            "--to",
            String(times[20])
        ).output.split(separator: "\n").map(String.init)
        #expect(picked == Array(all[10..<20]))
        #expect(try ledger.run("entries", "--agent", "nobody").output == "")
        #expect(try ledger.run("entries", "--from", "yesterday").code == 64)
    }

    @Test func writesCSVThatNoSpreadsheetRuns() throws {
        let ledger = try Ledger()
        let line = eventLine(1, agent: "=cmd|' /C calc'!A0", id: #"a,\"b"#)
        let ingested = try ledger.run("ingest", ledger.scratch.file("a.ndjson", line + "\n"))
        #expect(ingested.code == 0, "\(ingested.errors)")
        try ledger.drain()
        let lines = try ledger.run("entries", "--format", "csv").output
            .split(whereSeparator: \.isNewline)
        #expect(
            lines.first
                == "index,event_id,event_type,agent_id,resource_type,timestamp,quantity,cost,currency,metadata"
        )
        #expect(lines.count == 2)
        #expect(lines[1].hasPrefix(#"0,"a,""b",metering,"#))
        #expect(!lines[1].contains(",=") && !lines[1].contains(#","="#))
    }

    /// A terminal would obey what an event says; a file gets every text as it is.
    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"),
            "needs script"
        )
    )
    func aTerminalIsShownNoControlCharacters() throws {
        let ledger = try Ledger.holding([
            #"{"event_id":"a\u001b[2J\u009b1m","agent_id":"b","resource_type":"r","timestamp":1,"#
                + #""cost":"1","currency":"USD"}"#
        ])
        let file = try Caracal.run("entries", ledger.path, "--format", "csv").outputBytes
        #expect(file.contains(27))
        for format in ["csv", "ndjson"] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/script")
            process.arguments = [
                "-qec", "'\(Caracal.path)' entries '\(ledger.path)' --format \(format)",
                "/dev/null",
            ]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let shown = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let text = String(decoding: shown, as: UTF8.self)
            #expect(text.contains("a\\u001b[2J\\u009b1m"), "\(text)")
            #expect(!shown.contains(27) && !text.unicodeScalars.contains("\u{9b}"))
        }
    }

    @Test func backsUpWhileRunning() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", Caracal.trace)
        let running = try Running(["run", ledger.path, "--batch-count", "64"])
        try wait(for: { try ledger.status()["size"] as? Int ?? 0 > 500 })
        let copy = ledger.scratch("copy")
        #expect(try ledger.run("backup", copy).code == 0)
        running.signal(SIGTERM)
        #expect(try running.wait().code == 0)
        #expect(try Caracal.run("verify", copy).code == 0)
        #expect(try Caracal.run("run", copy, "--until-drained").code == 0)
        let root = try object(of: Caracal.run("status", copy, "--json"))["root"] as? String
        #expect(try root == Ledger.whole.get().root())
        #expect(try ledger.run("backup", copy).code == 73)
    }

    @Test func showsTheGraph() throws {
        for (format, word) in [("mermaid", "flowchart"), ("dot", "digraph"), ("text", "batch")] {
            let outcome = try Caracal.run("graph", "--format", format)
            #expect(outcome.code == 0)
            #expect(outcome.output.contains(word))
        }
        #expect(try Caracal.run("graph", "--format", "png").code == 64)
    }

    @Test func showsTheStatusForPeople() throws {
        let outcome = try Ledger.shared.get().run("status")
        for name in ["origin", "size", "root", "logEnd", "cursor", "indexSize", "deadLetters"] {
            #expect(outcome.output.contains(name))
        }
    }

    @Test func saysThatAFullOutputIsFull() throws {
        let ledger = try Ledger.shared.get()
        let outcome = try Caracal.run(
            ["entries", ledger.path],
            limit: "exec > /dev/full"
        )
        #expect(outcome.code == 74)
    }

    /// By agent, by time and by event, before and behind where the index ends.
    @Test func findsWhatTheIndexHasNotReached() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        _ = try ledger.run("ingest", ledger.scratch.file("more.csv", traceText(rows: 40)))
        #expect(try ledger.run("run", "--until-drained", "--index", "deferred").code == 0)
        #expect(try ledger.status()["indexSize"] as? Int == 300)
        let all = try ledger.run("entries").output.split(separator: "\n").map(String.init)
        #expect(all.count == 340)
        func times(_ index: Int) throws -> String {
            String(try #require(all[index].firstMatch(of: /"timestamp":"([^"]+)"/)).1)
        }
        let (from, to) = (try times(5), try times(30))
        for (options, wanted) in [
            (["--agent", "agent-3"], { $0.contains(#""agent_id":"agent-3""#) }),
            (["--from", from], { try time(of: $0) >= time(from) }),
            (["--to", to], { try time(of: $0) < time(to) }),
            (
                ["--agent", "agent-7", "--from", from, "--to", to],
                {
                    try $0.contains(#""agent_id":"agent-7""#) && time(of: $0) >= time(from)
                        && time(of: $0) < time(to)
                }
            ),
        ] as [([String], (String) throws -> Bool)] {
            let found = try Caracal.run(["entries", ledger.path] + options)
            let lines = found.output.split(separator: "\n").map(String.init)
            #expect(try lines == all.filter(wanted), "\(options)")
            #expect(lines.last?.contains(#""index":3"#) == true)
            // With the index caught up it is the same.
        }
        let last = try #require(
            try JSONSerialization.jsonObject(with: Data(all[339].utf8)) as? [String: Any]
        )
        let id = try #require(last["event_id"] as? String)
        #expect(try ledger.run("receipt", "--event", id).output.contains("\nindex 339\n"))
        let before = try ledger.run("entries", "--agent", "agent-3").output
        try ledger.drain()
        #expect(try ledger.status()["indexSize"] as? Int == 340)
        #expect(try ledger.run("entries", "--agent", "agent-3").output == before)
    }

    private func time(of line: String) throws -> Date {
        try time(String(try #require(line.firstMatch(of: /"timestamp":"([^"]+)"/)).1))
    }

    private func time(_ text: String) throws -> Date {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return try Date(text, strategy: style)
    }

    /// Every member and every column, as it is promised.
    @Test func hasTheColumnsOfTheContract() throws {
        let ledger = try Ledger()
        let line = #"""
            {"event_id":"e","agent_id":"a","resource_type":"r","timestamp":"2024-02-29T12:00:00.5+02:00",\#
            "amount":"1.50","currency":"EUR","quantity":2.5,"metadata":{"m":true},"other":7}
            """#
        _ = try ledger.run("ingest", ledger.scratch.file("a.ndjson", line + "\n"))
        try ledger.drain()
        let entry = try object(of: ledger.run("entries"))
        for (name, text) in [
            ("event_id", "e"), ("event_type", "metering"), ("agent_id", "a"),
            ("resource_type", "r"), ("timestamp", "2024-02-29T10:00:00.5Z"), ("quantity", "2.5"),
            ("cost", "1.5"), ("currency", "EUR"),
        ] {
            #expect(entry[name] as? String == text, "\(name)")
        }
        #expect(entry["index"] as? Int == 0)
        let metadata = try #require(entry["metadata"] as? [String: Any])
        #expect(metadata["m"] as? Bool == true && metadata["other"] as? Int == 7)
        let lines = try ledger.run("entries", "--format", "csv").output
            .split(whereSeparator: \.isNewline)
        #expect(
            lines.last == #"""
                0,e,metering,a,r,2024-02-29T10:00:00.5Z,2.5,1.5,EUR,"{""m"":true,""other"":7}"
                """#
        )
        #expect(try ledger.run("entries", "--format", "xml").code == 64)
    }
}
