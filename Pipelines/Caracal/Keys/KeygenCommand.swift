import Checkpoints
import CommandLineInterface

/// `caracal keygen`: a signing key for a service.
enum KeygenCommand {
    private static let origin = Parameter.option("origin", .origin, help: "The log's name.")
    private static let output = Parameter.option(
        "output",
        short: "o",
        .path(),
        help: "The key file to make; only its owner may read it."
    )

    static let command = Command(
        "keygen",
        about: """
            Make a signing key, and print its vkey.

            A file that exists stays as it is.
            """,
        examples: ["caracal keygen --origin example.com/log -o signing.key"],
        parameters: [origin, output],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let key = try KeyFile.makeKey(named: arguments[origin])
        try OutputFile.createSecret(Array("\(key.secretText)\n".utf8), at: try arguments[output])
        try console.output("\(key.verifierKey)")
        return .success
    }
}
