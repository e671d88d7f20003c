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
}
