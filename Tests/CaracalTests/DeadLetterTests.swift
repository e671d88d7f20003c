import Foundation
import Testing

@Suite struct DeadLetterTests {
    /// A ledger with a dead letter of ingest and one of run.
    private func ledgerWithLetters() throws -> Ledger {
        let ledger = try Ledger()
        let lines = [eventLine(1, producer: "p"), "{\"event_id\":", eventLine(2)].joined(
            separator: "\n"
        )
        _ = try ledger.run("ingest", ledger.scratch.file("a.ndjson", lines + "\n"))
        let conflict = eventLine(1, cost: "7", producer: "p")
        _ = try ledger.run("ingest", ledger.scratch.file("b.ndjson", conflict + "\n"))
        try ledger.drain()
        return ledger
    }

    private func letters(_ ledger: Ledger) throws -> [[String: Any]] {
        try ledger.run("dlq list", "--json").output.split(separator: "\n").map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            )
        }
    }

    @Test func listsAndShowsLetters() throws {
        let ledger = try ledgerWithLetters()
        let letters = try letters(ledger)
        #expect(letters.count == 2)
        #expect(
            Set(letters.compactMap { $0["reason"] as? String }).isSubset(of: [
                "malformed_row", "malformed_event", "id_conflict",
            ])
        )
        for letter in letters {
            let id = try #require(letter["id"] as? String)
            let shown = try ledger.run("dlq show", id)
            #expect(shown.code == 0)
            #expect(shown.output.contains(letter["reason"] as? String ?? "?"))
        }
        #expect(try ledger.run("dlq show", "no-such-id").code == 66)
    }

    @Test func drivesALetterAgainWithCorrectedBytes() throws {
        let ledger = try ledgerWithLetters()
        let malformed = try #require(
            try letters(ledger).first { $0["reason"] as? String != "id_conflict" }?["id"] as? String
        )
        let corrected = try ledger.scratch.file("corrected", eventLine(9) + "\n")
        let retried = try ledger.run("dlq retry", malformed, "--with", corrected)
        #expect(retried.code == 0, "\(retried.errors)")
        try ledger.drain()
        #expect(try ledger.status()["size"] as? Int == 3)
        #expect(try ledger.run("entries").output.contains("event-9"))
        // Twice adds nothing.
        let again = try ledger.run("dlq retry", malformed, "--with", corrected)
        #expect(again.code == 0)
        try ledger.drain()
        #expect(try ledger.status()["size"] as? Int == 3)
        #expect(try ledger.run("verify").code == 0)
    }

    @Test func drivesAllAgain() throws {
        let ledger = try ledgerWithLetters()
        let end = try #require(try ledger.status()["logEnd"] as? Int)
        // Neither can succeed as it is; both stay, and nothing is lost.
        let outcome = try ledger.run("dlq retry", "--all")
        #expect([0, 65].contains(outcome.code))
        try ledger.drain()
        #expect(try ledger.status()["size"] as? Int == 2)
        let after = try #require(try ledger.status()["logEnd"] as? Int)
        #expect(after >= end)
        #expect(try ledger.run("dlq retry").code == 64)
        #expect(try ledger.run("dlq retry", "no-such-id").code == 66)
        #expect(try ledger.run("dlq retry", "--all", "--with", "x").code == 64)
    }

    @Test func drivesARowOfATraceAgain() throws {
        let ledger = try Ledger()
        var lines = try traceText(rows: 10).split(separator: "\r\n").map(String.init)
        lines[6] = "2023-11-16 18:16:00.0000000,many,44"
        let file = try ledger.scratch.file("t.csv", lines.joined(separator: "\n") + "\n")
        #expect(try ledger.run("ingest", file).code == 65)
        try ledger.drain()
        let letter = try #require(try letters(ledger).first)
        let id = try #require(letter["id"] as? String)
        #expect(letter["source"] as? String == "t.csv" && letter["line"] as? Int == 7)
        #expect(letter["redrivenAt"] is NSNull)
        #expect(try ledger.run("dlq show", id).output.contains("\n\n\(lines[6])\n"))
        let shown = try object(of: ledger.run("dlq show", id, "--json"))
        #expect(shown["message"] as? String == letter["message"] as? String)

        #expect(try ledger.run("dlq retry", id).code == 65)
        #expect(try ledger.run("dlq retry", id, "--with", ledger.scratch("none")).code == 66)
        let row = try ledger.scratch.file("row", "2023-11-16 18:16:00.0000000,10,44\n")
        #expect(
            try ledger.run("dlq retry", id, "--with", row).lastLine == "sent 1 already 0 dead 0"
        )
        #expect(
            try ledger.run("dlq retry", id, "--with", row).lastLine == "sent 0 already 1 dead 0"
        )
        #expect(try ledger.run("dlq retry", "--all").lastLine == "sent 0 already 0 dead 0")
        try ledger.drain()
        // At the end, outside of the source's sequence; the row's own agent.
        let lastEntry = try #require(try ledger.run("entries").output.split(separator: "\n").last)
        #expect(lastEntry.contains(#""index":9,"#) && lastEntry.contains(#""agent_id":"agent-6""#))
        #expect(lastEntry.contains(#""quantity":"54""#))
        #expect(try ledger.status()["deadLetters"] as? Int == 0)
        #expect(try letters(ledger).first?["redrivenAt"] as? Int == 9)
        // The file once more still has that row, and adds neither an event nor a letter.
        let again = try ledger.run("ingest", file)
        #expect(again.code == 65)
        #expect(again.lastLine == "read 10 appended 0 already 9 dead 1")
        #expect(try letters(ledger).count == 1)
        try ledger.drain()
        #expect(try ledger.status()["size"] as? Int == 10)
        #expect(try ledger.run("verify").code == 0)
    }

    /// Of a line that is too long only its beginning is kept.
    @Test func needsAllBytesOfALetter() throws {
        let ledger = try Ledger()
        let long = eventLine(1, agent: String(repeating: "x", count: 2_000_000)) + "\n"
        #expect(try ledger.run("ingest", ledger.scratch.file("a.ndjson", long)).code == 65)
        let letter = try #require(try letters(ledger).first)
        #expect(letter["reason"] as? String == "too_large")
        #expect(letter["byteCount"] as? Int == long.utf8.count - 1)
        let outcome = try ledger.run("dlq retry", "--all")
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("--with"))
        #expect(try ledger.status()["deadLetters"] as? Int == 1)
    }

    @Test func saysWhyEachRowIsOne() throws {
        let ledger = try Ledger()
        let lines = [
            eventLine(0), "no json", eventLine(1, cost: "-1"),
            eventLine(2).replacing("agent_id", with: "agent"), eventLine(3, cost: "1e99"),
            eventLine(4, cost: #"{"a":1}"#), eventLine(5),
        ]
        let file = try ledger.scratch.file("a.ndjson", lines.joined(separator: "\n") + "\n")
        let outcome = try ledger.run("ingest", file)
        #expect(outcome.lastLine == "read 7 appended 2 already 0 dead 5")
        for line in 2...6 { #expect(outcome.errors.contains("\(file):\(line): malformed_")) }
        let letters = try letters(ledger)
        #expect(letters.map { $0["line"] as? Int } == [2, 3, 4, 5, 6])
        let reasons = letters.compactMap { $0["reason"] as? String }
        #expect(reasons == ["malformed_row"] + [String](repeating: "malformed_event", count: 4))
        for (letter, key) in zip(letters.dropFirst(), ["cost", "agent_id", "cost", "cost"]) {
            #expect((letter["message"] as? String)?.contains("'\(key)'") == true)
        }
    }

    /// A hostile row must not reach the terminal as it is, whichever command shows it.
    @Test func showsNoControlCharacterOfARow() throws {
        let ledger = try Ledger()
        let hostile = "\u{1B}]0;owned\u{7}\u{9B}2J\u{7F}"
        let lines = [
            eventLine(1, id: "event-1"), "{\"\(hostile)\":[1]," + eventLine(2).dropFirst(),
            "\(hostile)", "{\"a\u{9B}\":1}",
        ]
        let text = lines.map { $0 + "\n" }.joined()
        let file = try ledger.scratch.file("a.ndjson", text)
        let source = "s\u{1B}[31m\n"
        var outcomes = [try ledger.run("ingest", file, "--source", source)]
        #expect(outcomes[0].code == 65)
        outcomes.append(try ledger.run("dlq list"))
        outcomes.append(try ledger.run("dlq list", "--json"))
        let letters = try letters(ledger)
        #expect(letters.count == 3)
        for letter in letters {
            let id = try #require(letter["id"] as? String)
            #expect(id.hasPrefix(source))
            outcomes.append(try ledger.run("dlq show", id))
        }
        outcomes.append(try ledger.run("dlq retry", "--all"))
        #expect(outcomes[1].output.split(separator: "\n").count == 3)
        for outcome in outcomes {
            let text = outcome.output + outcome.errors
            #expect(
                !text.unicodeScalars.contains {
                    $0.properties.generalCategory == .control && $0 != "\n"
                },
                "\(text.debugDescription)"
            )
        }
    }

    /// Agent and identifier of a row of a trace follow from its number among the rows: lines that are
    /// blank do not count.
    @Test func drivesARowOfATraceAgainUnderItsOwnNumber() throws {
        let lines = try traceText(rows: 4).split(separator: "\r\n").map(String.init)
        let blank = [lines[0], "", lines[1], "", "", lines[2], lines[3], "", lines[4]]
        let whole = try Ledger()
        let good = try whole.scratch.file("t.csv", blank.joined(separator: "\n") + "\n")
        #expect(try whole.run("ingest", good).code == 0)
        try whole.drain()

        let ledger = try Ledger()
        var broken = blank
        broken[6] = "broken"
        let bad = try ledger.scratch.file("t.csv", broken.joined(separator: "\n") + "\n")
        #expect(try ledger.run("ingest", bad).code == 65)
        let row = try ledger.scratch.file("row.csv", lines[3])
        let retried = try ledger.run("dlq retry", "t.csv:7", "--with", row)
        #expect(retried.code == 0, "\(retried.errors)")
        try ledger.drain()
        func events(_ ledger: Ledger) throws -> Set<String> {
            Set(
                try ledger.run("entries").output.split(separator: "\n").map { line in
                    // Without its index: the row that was sent again comes last.
                    line.drop { $0 != "," }.description
                }
            )
        }
        #expect(try events(ledger) == events(whole))
    }

    @Test func drivesLettersAgainInTheirOrder() throws {
        let numbers = 1...40
        let ledger = try Ledger.holding(numbers.map { eventLine($0, producer: "p") })
        let conflicts = numbers.map { eventLine($0, cost: "7", producer: "p") + "\n" }.joined()
        _ = try ledger.run("ingest", ledger.scratch.file("b.ndjson", conflicts))
        try ledger.drain()
        let retried = try ledger.run("dlq retry", "--all")
        #expect(retried.lastLine == "sent 40 already 0 dead 0", "\(retried.errors)")
        #expect(try letters(ledger).map { $0["redrivenAt"] as? Int } == Array(80..<120))
        #expect(try ledger.run("dlq retry", "--all").lastLine == "sent 0 already 0 dead 0")
        #expect(try ledger.status()["logEnd"] as? Int == 120)
    }

    /// One pass over the letters, not one for each: the limit is one of the processor's time.
    @Test func drivesManyLettersAgainInOnePass() throws {
        let ledger = try Ledger()
        let rows = String(repeating: "{}\n", count: 4_000)
        #expect(try ledger.run("ingest", ledger.scratch.file("a.ndjson", rows)).code == 65)
        let retried = try Caracal.run(
            ["dlq", "retry", ledger.path, "--all"],
            limit: "ulimit -t 8"
        )
        #expect(retried.code == 65)
        #expect(retried.lastLine == "sent 0 already 0 dead 4000")
    }
}
