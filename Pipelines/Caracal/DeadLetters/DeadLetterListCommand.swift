import CommandLineInterface
import Synchronization

/// `caracal dlq list`: every dead letter, a line each.
enum DeadLetterListCommand {
    static let command = Command(
        "list",
        about: """
            List the dead letters of a folder, a line each.

            With --json each line is an object.
            """,
        examples: ["caracal dlq list my-ledger", "caracal dlq list my-ledger --json"],
        parameters: [Common.folder, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let isJSON = try arguments[Common.json]
        let failure = Mutex<CommandError?>(nil)
        try await DeadLetters(folder: folder).forEach { item in
            do throws(CommandError) {
                try console.output(isJSON ? item.json.description : item.line)
                return true
            } catch {
                failure.withLock { $0 = error }
                return false
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return .success
    }
}
