import CommandLineInterface
import Testing

@Suite struct CommandTests {
    static let entry = Parameter.argument("entry", .text, help: "The entry.")
    static let size = Parameter.option("size", short: "s", .wholeNumber(in: 1...9), help: "Many.")
        .defaulting(to: 4)
    static let show = Command(
        "show",
        about: """
            Show an entry.

            Reads only.
            """,
        examples: ["log show --size 3 hello"],
        parameters: [size, entry],
        action: show
    )
    static let log = Command("log", about: "Look into the log.", subcommands: [show])
    static let tool = Command("tool", about: "All there is.", subcommands: [log])

    static func show(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let entry = try arguments[entry]
        if entry == "none" { throw CommandError("no such entry", exitCode: .negative) }
        try console.output("\(entry) of \(try arguments[size])")
        return .success
    }

    @Test(arguments: [
        ("log show hello", ExitCode.success, "hello of 4", ""),
        ("log show none", .negative, "", "tool log show: no such entry"),
        ("log show", .usage, "", "tool log show: ENTRY is missing\nSee 'tool log show --help'."),
        (
            "log shw", .usage, "",
            "tool log: unknown command 'shw'; did you mean 'show'?\nSee 'tool log --help'."
        ),
        (
            "--hlep", .usage, "",
            "tool: unknown option '--hlep'; did you mean '--help'?\nSee 'tool --help'."
        ),
        ("", .usage, "", "tool: a command is missing\nSee 'tool --help'."),
        ("log show -- --help", .success, "--help of 4", ""),
    ])
    func runs(words: String, exitCode: ExitCode, output: String, errors: String) async {
        let transcript = Transcript()
        #expect(await Self.tool.run(split(words), console: transcript.console) == exitCode)
        #expect(transcript.output == output)
        #expect(transcript.errors == errors)
    }

    @Test(arguments: ["--help", "-h", "--size 3 -h"])
    func describesACommand(options: String) async {
        let transcript = Transcript()
        let words = split("log show \(options)")
        #expect(await Self.tool.run(words, console: transcript.console) == .success)
        #expect(
            transcript.output == """
                Show an entry.

                Reads only.

                Usage: tool log show [OPTION ...] ENTRY

                Arguments:
                  ENTRY  The entry.

                Options:
                  -s, --size N  Many. Default: 4.
                  -h, --help    Print this.

                Examples:
                  log show --size 3 hello
                """
        )
    }

    @Test func describesAGroup() {
        #expect(Self.log.help.contains("Usage: log [OPTION ...] COMMAND ..."))
        #expect(Self.log.help.contains("Commands:\n  show  Show an entry.\n"))
    }

    @Test func endsWithTheErrorOfAnOutputThatIsFull() async {
        let console = Console(
            writeOutput: { _ throws(CommandError) in
                throw CommandError("standard output: full", exitCode: .ioError)
            },
            writeErrors: { _ in }
        )
        #expect(await Self.tool.run(split("log show hello"), console: console) == .ioError)
        #expect(await Self.tool.run(split("--help"), console: console) == .ioError)
    }

    private func split(_ words: String) -> [String] {
        words.split(separator: " ").map(String.init)
    }
}
