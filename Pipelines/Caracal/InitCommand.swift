import CommandLineInterface
import StreamsEmbedded

/// `caracal init`: makes a folder.
enum InitCommand {
    static let command = Command(
        "init",
        about: "Make a folder.",
        examples: ["caracal init my-ledger"],
        parameters: [Common.folder],
        action: run
    )
    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = CaracalFolder(making: try arguments[Common.folder])
        do { try await EmbeddedEventLog.create(folder.events) } catch { throw CommandError(error) }
        try creating { () throws(FileError) in try CaracalFolder.format.write(to: folder.path) }
        return .success
    }
}
