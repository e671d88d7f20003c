import Foundation
import Testing

@Suite struct IngestTests {
    @Test func readsTheTraceOnce() throws {
        let ledger = try Ledger()
        let first = try ledger.run("ingest", Caracal.trace)
        #expect(first.code == 0)
        #expect(first.lastLine == "read 19366 appended 19366 already 0 dead 0")
        let second = try ledger.run("ingest", Caracal.trace)
        #expect(second.code == 0)
        #expect(second.lastLine == "read 19366 appended 0 already 19366 dead 0")
        #expect(try ledger.status()["logEnd"] as? Int == 19_366)
    }

    @Test func readsStandardInput() throws {
        let ledger = try Ledger()
        let text = (0..<3).map { eventLine($0) + "\n" }.joined()
        let unnamed = try Caracal.run("ingest", ledger.path, "-", input: text)
        #expect(unnamed.code == 64)
        #expect(unnamed.errors.contains("--source"))
        let named = try Caracal.run("ingest", ledger.path, "-", "--source", "a", input: text)
        #expect(named.lastLine == "read 3 appended 3 already 0 dead 0")
        let again = try Caracal.run("ingest", ledger.path, "-", "--source", "a", input: text)
        #expect(again.lastLine == "read 3 appended 0 already 3 dead 0")
    }

    /// A pipe hands over what was written so far; the reader must wait for the rest of the line.
    @Test(arguments: ["auto", "llm-trace", "ndjson"])
    func readsAPipeThatIsWrittenInPieces(format: String) throws {
        let ledger = try Ledger()
        let rows =
            format == "ndjson"
            ? "\n\r\n" + eventLine(1) + "\n" + eventLine(2) + "\n" : try traceText(rows: 2)
        let running = try Running(
            ["ingest", ledger.path, "-", "--source", "a", "--format", format],
            keepsInputOpen: true
        )
        let pipe = try #require(running.process.standardInput as? Pipe)
        let writer = pipe.fileHandleForWriting
        for piece in [rows.prefix(1), rows.dropFirst().prefix(9), rows.dropFirst(10)] {
            try writer.write(contentsOf: Data(piece.utf8))
            try wait(for: { try bytesLeft(in: writer) == 0 })
        }
        try writer.close()
        let outcome = try running.wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.lastLine == "read 2 appended 2 already 0 dead 0")
    }

    private func bytesLeft(in pipe: FileHandle) throws -> Int32 {
        var count: Int32 = 0
        let answer = unsafe ioctl(pipe.fileDescriptor, UInt(FIONREAD), &count)
        try #require(answer == 0)
        return count
    }

    @Test func goesOnWhereAFileHasGrown() throws {
        let ledger = try Ledger()
        let file = try ledger.scratch.file("t.csv", traceText(rows: 10))
        #expect(try ledger.run("ingest", file).lastLine == "read 10 appended 10 already 0 dead 0")
        _ = try ledger.scratch.file("t.csv", traceText(rows: 25))
        #expect(try ledger.run("ingest", file).lastLine == "read 25 appended 15 already 10 dead 0")
    }

    @Test func addsNothingOfAFileThatBeginsOtherwise() throws {
        let ledger = try Ledger()
        let text = try traceText(rows: 10)
        let file = try ledger.scratch.file("t.csv", text)
        _ = try ledger.run("ingest", file)
        _ = try ledger.scratch.file("t.csv", text.replacing(",374,", with: ",375,") + text)
        let outcome = try ledger.run("ingest", file)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("--source"))
        #expect(try ledger.status()["logEnd"] as? Int == 10)
        // Under another name it is another source.
        let other = try ledger.run("ingest", file, "--source", "other")
        #expect(other.lastLine.hasPrefix("read 21 appended 20 already 0 dead 1"))
    }

    @Test func sendsAMalformedRowToTheDeadLettersAndGoesOn() throws {
        let ledger = try Ledger()
        var lines = try traceText(rows: 10).split(separator: "\r\n").map(String.init)
        lines[5] = "2023-11-16 18:16:00.0000000,many,44"
        let file = try ledger.scratch.file("t.csv", lines.joined(separator: "\n"))
        for pass in 0..<2 {
            let outcome = try ledger.run("ingest", file)
            #expect(outcome.code == 65)
            #expect(
                outcome.lastLine
                    == (pass == 0
                        ? "read 10 appended 9 already 0 dead 1"
                        : "read 10 appended 0 already 9 dead 1")
            )
            #expect(outcome.errors.contains("t.csv:6"))
        }
        let letters = try ledger.run("dlq list", "--json")
        #expect(letters.output.contains("malformed_row"))
        #expect(try ledger.status()["deadLetters"] as? Int == 1)
    }

    @Test func keepsALineOfTenMegabytesFromTheRest() throws {
        let ledger = try Ledger()
        let long = eventLine(1, agent: String(repeating: "x", count: 10_000_000))
        let text = [eventLine(0), long, eventLine(2)].joined(separator: "\n")
        let file = try ledger.scratch.file("a.ndjson", text)
        let outcome = try ledger.run("ingest", file)
        #expect(outcome.code == 65)
        #expect(outcome.lastLine == "read 3 appended 2 already 0 dead 1")
        #expect(try ledger.run("dlq list").output.contains("too_large"))
    }

    @Test func keepsALastLineThatIsCutShort() throws {
        let ledger = try Ledger()
        let text = try traceText(rows: 3) + "2023-11-16 18:15:50.9951690,39"
        let outcome = try ledger.run("ingest", ledger.scratch.file("t.csv", text))
        #expect(outcome.code == 65)
        #expect(outcome.lastLine == "read 4 appended 3 already 0 dead 1")
        #expect(outcome.errors.contains("t.csv:5"))
    }

    @Test func readsALastLineWithoutItsEnd() throws {
        let ledger = try Ledger()
        let text = try traceText(rows: 3).dropLast(1)
        let outcome = try ledger.run("ingest", ledger.scratch.file("t.csv", String(text)))
        #expect(outcome.lastLine == "read 3 appended 3 already 0 dead 0")
    }

    @Test func refusesWhatItCannotRead() throws {
        let ledger = try Ledger()
        let scratch = ledger.scratch
        let garbage = scratch("garbage")
        try Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) })
            .write(to: URL(filePath: garbage))
        for (file, code, message) in [
            (scratch("missing.csv"), 66, "missing.csv"), (scratch.url.path, 66, "folder"),
            (try scratch.file("empty", ""), 65, "empty"), (garbage, 65, "garbage"),
            (try scratch.file("prose", "It was a dark night.\nIt rained.\n"), 65, "prose"),
        ] as [(String, Int32, String)] {
            let outcome = try ledger.run("ingest", file)
            #expect(outcome.code == code, "\(file): \(outcome.errors)")
            #expect(outcome.errors.contains(message))
        }
        #expect(try ledger.status()["logEnd"] as? Int == 0)
        #expect(try ledger.status()["deadLetters"] as? Int == 0)
    }

    @Test func keepsBinaryGarbageAsDeadLettersWhenTold() throws {
        let ledger = try Ledger()
        let garbage = "\u{0}\u{1}\u{2}\n\u{FFFD}\n" + eventLine(1) + "\n"
        let file = try ledger.scratch.file("a.ndjson", garbage)
        let outcome = try ledger.run("ingest", file, "--format", "ndjson")
        #expect(outcome.code == 65)
        #expect(outcome.lastLine == "read 3 appended 1 already 0 dead 2")
    }

    @Test func pricesWithAPricebook() throws {
        let ledger = try Ledger()
        let book = try ledger.scratch.file(
            "book.csv",
            "resource_type,unit,price,currency\ninput_token,1,2,EUR\noutput_token,1,3,EUR\n"
        )
        let file = try ledger.scratch.file("t.csv", traceText(rows: 1))
        #expect(try ledger.run("ingest", file, "--pricebook", book, "--agents", "4").code == 0)
        try ledger.drain()
        let entry = try object(of: ledger.run("entries"))
        #expect(entry["cost"] as? String == "\(374 * 2 + 44 * 3)")
        #expect(entry["currency"] as? String == "EUR")
        #expect(entry["agent_id"] as? String == "agent-1")
        let bad = try ledger.scratch.file("bad.csv", "resource_type,unit\n")
        #expect(try ledger.run("ingest", file, "--pricebook", bad).code == 65)
        #expect(try ledger.run("ingest", file, "--pricebook", bad + "x").code == 66)
    }

    @Test func takesSettingsFromEnvironmentAndFile() throws {
        let ledger = try Ledger()
        let config = try ledger.scratch.file("c.conf", "agents = 0\nlanse = 2\n")
        let outcome = try Caracal.run(
            "ingest",
            ledger.path,
            Caracal.trace,
            "--config",
            config,
            environment: ["CARACAL_FORMAT": "xml"]
        )
        #expect(outcome.code == 78)
        for problem in ["CARACAL_FORMAT: format", "c.conf:1: agents", "c.conf:2: lanse"] {
            #expect(outcome.errors.contains(problem))
        }
        let missing = try ledger.run("ingest", Caracal.trace, "--config", config + "x")
        #expect(missing.code == 66)
    }

    /// The command line goes before the environment, that before the file.
    @Test func readsSettingsInTheirOrder() throws {
        let ledger = try Ledger()
        let config = try ledger.scratch.file("c.conf", "# four\nagents = 4\n")
        let file = try ledger.scratch.file("t.csv", traceText(rows: 3))
        let environment = ["CARACAL_AGENTS": "1"]
        for (source, options, environment) in [
            ("a", ["--config", config], [:]), ("b", ["--config", config], environment),
            ("c", ["--config", config, "--agents", "2"], environment),
        ] {
            let words = ["ingest", ledger.path, file, "--source", source] + options
            #expect(try Caracal.run(words, environment: environment).code == 0)
        }
        try ledger.drain()
        let agents = try ledger.run("entries").output.matches(of: /"agent_id":"agent-(\d)"/)
            .map { Int($0.1) }
        #expect(agents == [1, 2, 3, 0, 0, 0, 1, 0, 1])
    }

    @Test func takesTheFormatThatItIsTold() throws {
        let ledger = try Ledger()
        let events = try ledger.scratch.file("a.ndjson", eventLine(1) + "\n")
        let other = try ledger.run("ingest", events, "--format", "llm-trace")
        #expect(other.code == 65)
        #expect(other.errors.contains("TIMESTAMP,ContextTokens,GeneratedTokens"))
        #expect(try ledger.status()["logEnd"] as? Int == 0)
        let trace = try ledger.scratch.file("t.csv", traceText(rows: 2))
        #expect(
            try ledger.run("ingest", trace, "--format", "llm-trace").lastLine
                == "read 2 appended 2 already 0 dead 0"
        )
        #expect(
            try ledger.run("ingest", events, "--format", "auto").lastLine
                == "read 1 appended 1 already 0 dead 0"
        )
    }

    @Test func cutsNoFileThatIsTooLarge() throws {
        let ledger = try Ledger()
        let file = try ledger.scratch.file("t.csv", traceText(rows: 1))
        let book = try ledger.scratch.file(
            "book.csv",
            "resource_type,unit,price,currency\ninput_token,1,2,EUR\noutput_token,1,3,EUR\n"
                + String(repeating: "\n", count: 16 << 20)
        )
        let priced = try ledger.run("ingest", file, "--pricebook", book)
        #expect(priced.code == 65)
        #expect(priced.errors.contains("16777216 bytes"))
        let config = try ledger.scratch.file(
            "c.conf",
            "agents = 2\n" + String(repeating: "\n", count: 1 << 20)
        )
        let configured = try ledger.run("ingest", file, "--config", config)
        #expect(configured.code == 78)
        #expect(configured.errors.contains("1048576 bytes"))
        #expect(try ledger.status()["logEnd"] as? Int == 0)
    }
}
