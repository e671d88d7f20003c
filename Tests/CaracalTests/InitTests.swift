import Foundation
import Testing

@Suite struct InitTests {
    @Test func makesAFolderWithAKeyAndAnEmptyCheckpoint() throws {
        let scratch = try Scratch()
        let outcome = try Caracal.run("init", scratch("a"))
        #expect(outcome.code == 0)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        let vkey = try #require(lines.first { $0.hasPrefix("caracal.local/") })
        #expect(vkey.contains(/^caracal\.local\/[0-9a-f]{8}\+[0-9a-f]{8}\+[A-Za-z0-9+\/=]+$/))
        let stored = try String(contentsOfFile: scratch("a/vkey"), encoding: .utf8)
        #expect(stored == vkey + "\n")
        let key = try String(contentsOfFile: scratch("a/signing.key"), encoding: .utf8)
        #expect(key.hasPrefix("PRIVATE+KEY+" + vkey.split(separator: "+")[0] + "+"))
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch("a/signing.key"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)

        let note = try Caracal.run("checkpoint", scratch("a"))
        #expect(note.code == 0)
        let noteLines = note.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(noteLines[1] == "0")
        // SHA-256 of nothing.
        #expect(noteLines[2] == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
        #expect(try Caracal.run("verify", scratch("a")).code == 0)
        #expect(try Caracal.run("vkey", scratch("a")).output == vkey + "\n")
    }

    @Test func takesAnOrigin() throws {
        let scratch = try Scratch()
        let outcome = try Caracal.run("init", scratch("a"), "--origin", "example.com/eu/1")
        #expect(outcome.lastLine.hasPrefix("example.com/eu/1+"))
        #expect(
            try Caracal.run("checkpoint", scratch("a")).output.hasPrefix("example.com/eu/1\n0\n")
        )
    }

    @Test(arguments: ["", "a b", "a+b", "a\nb"])
    func refusesAnOriginThatNoKeyCanHave(origin: String) throws {
        let scratch = try Scratch()
        #expect(try Caracal.run("init", scratch("a"), "--origin", origin).code == 64)
        #expect(!FileManager.default.fileExists(atPath: scratch("a")))
    }

    @Test func changesNothingInACaracalFolder() throws {
        let ledger = try Ledger()
        let before = try ledger.files().map {
            try Data(contentsOf: URL(filePath: "\(ledger.path)/\($0)"))
        }
        let outcome = try ledger.run("init")
        #expect(outcome.code == 73)
        #expect(outcome.output == "")
        let after = try ledger.files().map {
            try Data(contentsOf: URL(filePath: "\(ledger.path)/\($0)"))
        }
        #expect(before == after)
    }

    @Test func cannotMakeAFolderWhereAFileIs() throws {
        let scratch = try Scratch()
        let file = try scratch.file("file", "x")
        #expect(try Caracal.run("init", file).code == 73)
        #expect(try Caracal.run("init", file + "/below").code == 73)
        // Places where the system makes no folder at all.
        for place in ["", "/proc/caracal", "/proc/caracal/below"] {
            let outcome = try Caracal.run("init", place)
            #expect([64, 73].contains(outcome.code), "'\(place)': \(outcome.code)")
            #expect(outcome.output == "" && outcome.errors.contains("caracal init: "))
        }
    }

    @Test(arguments: [
        "status", "checkpoint", "verify", "ingest", "run", "receipt", "tiles", "entries",
        "dlq list", "backup", "reindex", "vkey", "prove-consistency",
    ])
    func everyCommandKnowsAFolderThatIsNone(command: String) throws {
        let scratch = try Scratch()
        let rest = [
            "ingest": [Caracal.trace], "receipt": ["--index", "0"], "tiles": [scratch("out")],
            "backup": [scratch("out")], "prove-consistency": ["--from", "0", "--to", "0"],
        ]
        let words = command.split(separator: " ").map(String.init)
        for folder in [scratch.url.path, scratch("missing")] {
            let outcome = try Caracal.run(words + [folder] + (rest[command] ?? []))
            #expect(outcome.code == 66, "\(outcome.errors)")
            #expect(outcome.errors.contains(folder))
        }
    }

    @Test func makesAKeyForAService() throws {
        let scratch = try Scratch()
        let outcome = try Caracal.run("keygen", "--origin", "example.com/a", "-o", scratch("key"))
        #expect(outcome.code == 0)
        #expect(outcome.output.hasPrefix("example.com/a+"))
        #expect(try Caracal.run("vkey", scratch("key")).output == outcome.output)
        let partition = try Caracal.run("vkey", scratch("key"), "--partition", "3").output
        #expect(partition.hasPrefix("example.com/a/3+"))
        #expect(try Caracal.run("keygen", "--origin", "b", "-o", scratch("key")).code == 73)
    }

    /// A limit on the size of files stands for a full disk, or a crash while the key is written.
    @Test func leavesNoPartOfAKey() throws {
        let scratch = try Scratch()
        let limit = "trap '' XFSZ; ulimit -f 0"
        let initialise = ["init", scratch("a"), "--origin", "example.com/a"]
        #expect(try Caracal.run(initialise, limit: limit).code == 74)
        #expect(!FileManager.default.fileExists(atPath: scratch("a/signing.key")))
        let made = try Caracal.run(initialise)
        #expect(made.code == 0, "\(made.errors)")
        #expect(try Caracal.run("verify", scratch("a"), "--vkey", made.lastLine).code == 0)

        let generate = ["keygen", "--origin", "example.com/a", "-o", scratch("key")]
        #expect(try Caracal.run(generate, limit: limit).code == 74)
        #expect(try Caracal.run(generate).code == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
        #expect(names.filter { $0.hasSuffix(".new") }.isEmpty)
    }

    @Test(arguments: ["signing.key", "signing.key.new"], ["", "PRIVATE+K", "PRIVATE+KEY+a+1234"])
    func goesOnAfterAnInitThatWasCutShortInItsKey(name: String, rest: String) throws {
        let scratch = try Scratch()
        let manager = FileManager.default
        try manager.createDirectory(atPath: scratch("a"), withIntermediateDirectories: true)
        // As an editor would leave it: others could read it.
        _ = try scratch.file("a/\(name)", rest)
        let outcome = try Caracal.run("init", scratch("a"))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let attributes = try manager.attributesOfItem(atPath: scratch("a/signing.key"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(!manager.fileExists(atPath: scratch("a/signing.key.new")))
        #expect(try Caracal.run("verify", scratch("a"), "--vkey", outcome.lastLine).code == 0)
    }

    @Test func leavesAKeyFileThatIsNoRestOfAnInit() throws {
        let scratch = try Scratch()
        let folder = scratch("a")
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        let file = try scratch.file("a/signing.key", "my own notes\n")
        #expect(try Caracal.run("init", folder).code == 77)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "my own notes\n")
    }
}
