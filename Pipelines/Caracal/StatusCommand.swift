import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersEmbedded
import StreamsEmbedded

/// `caracal status`: where event log, ledger and index stand.
enum StatusCommand {
    static let command = Command(
        "status",
        about: "Say how far event log, ledger and index of a folder are.",
        examples: ["caracal status my-ledger", "caracal status my-ledger --json"],
        parameters: [Common.folder, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let origin = try KeyFile.verifierKey(at: folder.vkeyPath).name
        let head = try folder.ledgerReader().head
        let log = try await folder.logStatus()
        let members: [(key: String, value: JSON)] = [
            ("origin", .text(origin)),
            ("size", .integer(head.size)),
            ("root", .text(head.root.base64)),
            ("logEnd", .integer(log.end)),
            ("cursor", .integer(head.nextOffset)),
            ("indexSize", .integer(await folder.indexSize(console))),
            ("deadLetters", .integer(max(0, log.letters + head.letters - log.redriven))),
        ]
        if try arguments[Common.json] {
            try console.output(JSON.object(members).description)
        } else {
            for (key, value) in members { try console.output(column(key, value.plain)) }
        }
        return .success
    }
}
