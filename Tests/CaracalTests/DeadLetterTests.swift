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
}
