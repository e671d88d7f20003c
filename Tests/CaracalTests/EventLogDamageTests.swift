import Foundation
import Testing

/// An event log that is not as it was left.
@Suite struct EventLogDamageTests {
    private static let segment = "events/0/00000000000000000000.log"

    /// A ledger whose event log has 300 records, of which the ledger has none.
    private func waiting() throws -> Ledger {
        let ledger = try Ledger()
        let file = try ledger.scratch.file("trace.csv", traceText(rows: 300))
        try #require(try ledger.run("ingest", file).code == 0)
        return ledger
    }

    @Test func refusesDamageAndNamesItsPlace() throws {
        let ledger = try waiting()
        try ledger.flip(Self.segment, at: 20_001, bit: 3)
        let before = try bytes(ledger, Self.segment)
        for words in [
            ["run", ledger.path, "--until-drained"], ["ingest", ledger.path, Caracal.trace],
            ["dlq", "retry", ledger.path, "--all"],
        ] {
            let outcome = try Caracal.run(words)
            #expect(outcome.code == 65, "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains(/000\.log: damaged at byte \d+/))
            #expect(outcome.errors.contains("backup"))
        }
        #expect(try bytes(ledger, Self.segment) == before)
        #expect(try ledger.status()["size"] as? Int == 0)
        let report = try object(of: ledger.run("verify", "--json"))
        let problem = try #require((report["problems"] as? [[String: Any]])?.first)
        #expect(Set(problem.keys) == ["what", "file", "offset", "index"])
        #expect((problem["file"] as? String)?.hasSuffix(Self.segment) == true)
        #expect(problem["offset"] is Int)
    }

    @Test func cutsATornTailAndSaysWhatItCut() throws {
        let ledger = try waiting()
        let size = try bytes(ledger, Self.segment).count
        try append("12345678", to: ledger, Self.segment)
        let outcome = try ledger.run("ingest", ledger.scratch("trace.csv"))
        #expect(outcome.code == 0)
        #expect(outcome.lastLine == "read 300 appended 0 already 300 dead 0")
        #expect(outcome.errors.contains("\(Self.segment): cut off 8 bytes at byte \(size)"))

        try ledger.drain()
        let entries = "ledger/entries/00000000000000000000.led"
        let end = try bytes(ledger, entries).count
        let root = try ledger.root()
        try append("12345678", to: ledger, entries)
        #expect(try ledger.drain().errors.contains("\(entries): cut off 8 bytes at byte \(end)"))
        #expect(try ledger.root() == root)
        #expect(try ledger.run("verify").code == 0)
    }

    /// The ledger has taken more than the log now has: an older state was put back.
    @Test func refusesALogThatEndsBelowTheLedger() throws {
        let ledger = try waiting()
        let older = try Ledger(copying: ledger)
        let more = try ledger.scratch.file("more.csv", traceText(rows: 20))
        _ = try ledger.run("ingest", more)
        try ledger.drain()
        try FileManager.default.removeItem(atPath: ledger.path + "/events")
        try FileManager.default.copyItem(
            atPath: older.path + "/events",
            toPath: ledger.path + "/events"
        )
        for words in [
            ["run", ledger.path, "--until-drained"], ["ingest", ledger.path, more],
        ] {
            let outcome = try Caracal.run(words)
            #expect(outcome.code == 65, "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains("300") && outcome.errors.contains("320"))
            #expect(outcome.errors.contains("backup"))
        }
        let verified = try ledger.run("verify")
        #expect(verified.code == 1)
        #expect(verified.output.contains("320"))
        #expect(try ledger.status()["size"] as? Int == 320)
    }

    /// The bytes of an event's identifier are in the index as they are in the ledger.
    @Test func findsAFlippedBitInTheIndexAndRebuildsIt() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let name = "ledger/index.sqlite"
        let entry = try object(of: Caracal.run("entry", entryFile(ledger, 123)))
        let id = try #require(entry["event_id"] as? String)
        let digits = id.filter(\.isHexDigit)
        let identifier = Data(
            stride(from: 0, to: 32, by: 2).compactMap {
                UInt8(digits.dropFirst($0).prefix(2), radix: 16)
            }
        )
        let place = try #require(try bytes(ledger, name).range(of: identifier)).lowerBound
        try ledger.flip(name, at: place + 5, bit: 2)
        let outcome = try ledger.run("verify", "--json")
        #expect(outcome.code == 1)
        let problems = try #require(try object(of: outcome)["problems"] as? [[String: Any]])
        #expect(problems.allSatisfy { ($0["file"] as? String)?.hasSuffix(name) == true })
        #expect(try ledger.run("reindex").lastLine == "entries 300 letters 0")
        #expect(try ledger.run("verify").code == 0)
        #expect(try ledger.run("receipt", "--event", id).code == 0)

        // A file that is no index at all is neither used nor in the way.
        try Data("no index".utf8).write(to: URL(filePath: "\(ledger.path)/\(name)"))
        #expect(try ledger.run("verify").code == 1)
        #expect(try ledger.run("entries", "--agent", "agent-3").code == 0)
        #expect(try ledger.run("receipt", "--event", id).code == 0)
        #expect(try ledger.run("reindex").code == 0)
        #expect(try ledger.run("verify").code == 0)
    }

    private func entryFile(_ ledger: Ledger, _ index: Int) throws -> String {
        let (receipt, entry) = (ledger.scratch("receipt"), ledger.scratch("entry"))
        let made = try ledger.run(
            "receipt",
            "--index",
            "\(index)",
            "-o",
            receipt,
            "--entry-out",
            entry
        )
        try #require(made.code == 0)
        return entry
    }

    private func bytes(_ ledger: Ledger, _ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(ledger.path)/\(name)"))
    }

    private func append(_ text: String, to ledger: Ledger, _ name: String) throws {
        let whole = try bytes(ledger, name) + Data(text.utf8)
        try whole.write(to: URL(filePath: "\(ledger.path)/\(name)"))
    }
}
