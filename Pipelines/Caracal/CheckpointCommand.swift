import CommandLineInterface
import LedgersEmbedded

/// `caracal checkpoint`: the newest signed note.
enum CheckpointCommand {
    static let command = Command(
        "checkpoint",
        about: """
            Print the newest signed checkpoint, and nothing else.

            Keep one: 'verify --against' shows whether the folder still extends it.
            """,
        examples: ["caracal checkpoint my-ledger > today.note"],
        parameters: [Common.folder],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        try console.output(bytes: try folder.ledgerReader().head.note)
        return .success
    }
}
