import Testing

@Suite struct HelpTests {
    @Test func helpsWithEveryCommandByExample() throws {
        for command in try commands(of: []) {
            let isGroup = ["dlq", "topics"].contains(command)
            let subcommands = isGroup ? try commands(of: [command]).map { [$0] } : [[]]
            for words in subcommands.map({ [command] + $0 }) {
                let outcome = try Caracal.run(words + ["--help"])
                #expect(outcome.code == 0)
                #expect(
                    outcome.output.contains(
                        "Usage: caracal \(words.joined(separator: " ")) [OPTION"
                    )
                )
                #expect(outcome.output.contains("\nExamples:\n  caracal \(words[0])"))
                #expect(outcome.errors == "")
            }
        }
    }

    @Test func hasEveryCommandOfTheContract() throws {
        let contract = [
            "backup", "checkpoint", "consistency-verify", "dlq", "entries", "entry", "graph",
            "ingest", "init", "keygen", "migrate", "produce", "prove-consistency", "receipt",
            "receipt-verify", "reindex", "run", "status", "tiles", "tiles-verify", "topics",
            "verify", "vkey",
        ]
        #expect(try commands(of: []).sorted() == contract)
        #expect(try commands(of: ["dlq"]) == ["list", "show", "retry"])
        #expect(try commands(of: ["topics"]) == ["create"])
        let overDatabase = [
            "checkpoint", "dlq", "entries", "migrate", "prove-consistency", "receipt", "status",
            "tiles", "verify",
        ]
        #expect(try commands(of: ["--postgres"]).sorted() == overDatabase)
    }

    /// The names that a group's help lists.
    private func commands(of group: [String]) throws -> [String] {
        let help = try Caracal.run(group + ["--help"]).output
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "Commands:"))
        return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test(arguments: [
        ([], "caracal: a command is missing"),
        (["verfy"], "did you mean 'verify'?"),
        (["verify"], "caracal verify: DIR is missing"),
        (["verify", "a", "b"], "unknown argument 'b'"),
        (["dlq"], "caracal dlq: a command is missing"),
        (["ingest", "a", "b", "--format", "xml"], "--format: 'xml' is not one of auto"),
        (["run", "a", "--lanes", "0"], "--lanes: '0' is not a whole number from 1 to 64"),
    ])
    func namesWhatIsWrongWithTheWords(words: [String], message: String) throws {
        let outcome = try Caracal.run(words)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(message))
        #expect(outcome.errors.contains("--help'."))
        #expect(outcome.output == "")
    }
}
