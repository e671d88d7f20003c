import CommandLineInterface

/// `caracal dlq`: the group of commands on dead letters.
enum DeadLetterCommands {
    static let command = Command(
        "dlq",
        about: """
            Look at dead letters, and send them again.

            A dead letter is an input that could not become an entry, kept with its reason.
            """,
        examples: ["caracal dlq list my-ledger"],
        subcommands: [
            DeadLetterListCommand.command, DeadLetterShowCommand.command,
            DeadLetterRetryCommand.command,
        ]
    )
}
