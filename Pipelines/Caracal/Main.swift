import CommandLineInterface

/// The command line `caracal`.
@main
enum Main {
    static let command = Command(
        "caracal",
        about: """
            Keep events in a signed, append-only ledger, and prove what is in it.

            A folder made by 'init' holds everything: what 'ingest' reads goes to its event log,
            'run' takes it from there into the ledger, the other commands read and check.
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

    static func main() async {
        await command.runAndExit()
    }
}
