import CommandLineInterface

/// The command line `caracal`.
@main
enum Main {
    static let command = Command(
        "caracal",
        about: """
            Keep events in a signed, append-only ledger, and prove what is in it.

            A folder made by 'init' holds everything: what 'ingest' reads goes to its event log,
            'run' takes it from there into the ledger, the other commands read and check. Most of
            these take --postgres URL in place of the folder: 'caracal verify --postgres URL --help'.
            """,
        examples: [
            "caracal init my-ledger",
            "caracal ingest my-ledger trace.csv",
            "caracal run my-ledger --until-drained",
            "caracal verify my-ledger",
        ],
        subcommands: [
            InitCommand.command, IngestCommand.command, RunCommand.command,
            StatusCommand.command, CheckpointCommand.command, VerifyCommand.command,
            ReceiptCommand.command,
            ReceiptVerifyCommand.command, ProveConsistencyCommand.command,
            ConsistencyVerifyCommand.command, TilesCommand.command, TilesVerifyCommand.command,
            EntriesCommand.command, EntryCommand.command,
            DeadLetterCommands.command, BackupCommand.command, ReindexCommand.command,
            GraphCommand.command,
            KeygenCommand.command,
            VkeyCommand.command,
            MigrateCommand.command, TopicsCommand.command, ProduceCommand.command,
        ]
    )

    /// The same commands over a database: those that take `--postgres` have no folder.
    private static let databaseCommand = Command(
        "caracal",
        about: "Read and check the ledgers in a database.",
        examples: ["caracal verify --postgres postgres://auditor@db.example.com/ledger"],
        subcommands: DatabaseCommands.all + [MigrateCommand.command]
    )

    static func main() async {
        let isDatabase = CommandLine.arguments.contains { $0.hasPrefix("--postgres") }
        await (isDatabase ? databaseCommand : command).runAndExit()
    }
}
