import Foundation
import Testing

/// One process a role, and readers beside both.
@Suite struct LockTests {
    @Test func onlyReadersWorkBesideBothRoles() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let running = try Running(["run", ledger.path])
        try running.waitForLock("\(ledger.path)/ledger/run.lock")
        let ingesting = try Running(
            ["ingest", ledger.path, "-", "--source", "a"],
            keepsInputOpen: true
        )
        try ingesting.waitForLock("\(ledger.path)/events/append.lock")

        let note = try ledger.scratch.file("note", ledger.run("checkpoint").output)
        for words in [
            ["status", ledger.path], ["verify", ledger.path, "--against", note],
            ["receipt", ledger.path, "--index", "5"], ["entries", ledger.path],
            ["dlq", "list", ledger.path], ["tiles", ledger.path, ledger.scratch("tiles")],
            ["prove-consistency", ledger.path, "--from", "5", "--to", "300"],
            ["backup", ledger.path, ledger.scratch("copy")], ["vkey", ledger.path],
        ] {
            let outcome = try Caracal.run(words)
            #expect(outcome.code == 0, "\(words): \(outcome.errors)")
        }
        for (words, holder) in [
            (["dlq", "retry", ledger.path, "--all"], ingesting),
            (["ingest", ledger.path, Caracal.trace], ingesting),
            (["reindex", ledger.path], running),
            (["run", ledger.path, "--until-drained"], running),
        ] {
            let outcome = try Caracal.run(words)
            #expect(outcome.code == 75, "\(words)")
            #expect(outcome.errors.contains("\(holder.process.processIdentifier)"), "\(words)")
        }
        running.signal(SIGTERM)
        #expect(try running.wait().code == 0)
        ingesting.signal(SIGKILL)
        #expect(try ingesting.wait().code == -SIGKILL)
        // A lock goes with its process, however that ended.
        #expect(try ledger.run("dlq retry", "--all").code == 0)
    }

    /// What was read before the signal stays; the same command again reads the rest.
    @Test(arguments: [SIGTERM, SIGINT])
    func anIngestThatIsCutShortGoesOnLater(signal: Int32) throws {
        let ledger = try Ledger()
        let lines = (0..<40).map { eventLine($0) + "\n" }
        let words = ["ingest", ledger.path, "-", "--source", "a"]
        let running = try Running(words, keepsInputOpen: true)
        let input = try #require(running.process.standardInput as? Pipe).fileHandleForWriting
        try input.write(contentsOf: Data(lines[..<25].joined().utf8))
        try wait(for: { try ledger.status()["logEnd"] as? Int == 25 })
        running.signal(signal)
        let outcome = try running.wait()
        #expect(outcome.code == 75)
        #expect(outcome.lastLine == "read 25 appended 25 already 0 dead 0")
        let rest = try Caracal.run(words, input: lines.joined())
        #expect(rest.code == 0)
        #expect(rest.lastLine == "read 40 appended 15 already 25 dead 0")
    }
}
