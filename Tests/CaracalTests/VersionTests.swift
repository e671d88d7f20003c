import Foundation
import Testing

/// A folder that a newer program wrote, in whole or in part.
@Suite struct VersionTests {
    /// What each command is given after the folder.
    private static let commands: [(words: [String], rest: [String])] = [
        (["status"], []), (["checkpoint"], []), (["verify"], []), (["run"], ["--until-drained"]),
        (["ingest"], [Caracal.trace]), (["receipt"], ["--index", "1"]), (["tiles"], ["OUT"]),
        (["entries"], []), (["prove-consistency"], ["--from", "0", "--to", "1"]),
        (["dlq", "list"], []), (["dlq", "show"], ["a:1"]), (["dlq", "retry"], ["--all"]),
        (["backup"], ["OUT"]), (["reindex"], []),
    ]

    private func newer(_ file: String) throws -> Ledger {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let path = "\(ledger.path)/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let words = text.split { $0.isWhitespace }
        let version = try #require(words.last.flatMap { Int($0) })
        try text.replacing(" \(version)\n", with: " \(version + 1)\n").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        return ledger
    }

    private func outcome(_ ledger: Ledger, _ place: Int) throws -> Caracal.Outcome {
        let (words, rest) = Self.commands[place]
        let out = ledger.scratch("out-\(place)")
        return try Caracal.run(words + [ledger.path] + rest.map { $0 == "OUT" ? out : $0 })
    }

    @Test func everyCommandRefusesANewerFolder() throws {
        let ledger = try newer("format")
        for place in Self.commands.indices {
            let outcome = try outcome(ledger, place)
            #expect(outcome.code == 65, "\(Self.commands[place].words)")
            #expect(outcome.errors.contains("newer version"))
            #expect(outcome.errors.contains(ledger.path))
            #expect(outcome.output == "")
        }
        #expect(try ledger.run("init").code == 73)
    }

    /// A check says no; every command that needs the part refuses; nothing is changed.
    @Test(arguments: ["ledger/format", "events/format"])
    func noCommandChangesAPartThatIsNewer(file: String) throws {
        let ledger = try newer(file)
        let before = try contents(ledger)
        for place in Self.commands.indices {
            let outcome = try outcome(ledger, place)
            let words = Self.commands[place].words
            switch words[0] {
            case "verify": #expect(outcome.code == 1)
            case "status", "run", "ingest", "dlq", "backup":
                #expect(outcome.code == 65, "\(words)")
            default: #expect(outcome.code == (file.hasPrefix("ledger") ? 65 : 0), "\(words)")
            }
            if outcome.code == 65 { #expect(outcome.errors.contains("newer version")) }
        }
        #expect(try contents(ledger) == before)
    }

    private func contents(_ ledger: Ledger) throws -> [String: Data] {
        // What can be made anew is.
        let names = try ledger.files().filter { !$0.contains("index") }
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: URL(filePath: "\(ledger.path)/\($0)")))
            }
        )
    }
}
