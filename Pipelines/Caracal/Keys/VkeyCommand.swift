import Checkpoints
import CommandLineInterface
import StreamsEmbedded

/// `caracal vkey`: the public key of a log.
enum VkeyCommand {
    private static let place = Parameter.argument(
        "path",
        .path("PATH"),
        help: "A caracal folder, or a key file."
    )
    private static let partition = Parameter.option(
        "partition",
        .wholeNumber(in: 0...1_023),
        help: "The vkey of the log '<origin>/P', as servers have it."
    ).optional

    static let command = Command(
        "vkey",
        about: "Print the verifier key that goes with a folder or a key file.",
        examples: ["caracal vkey my-ledger", "caracal vkey signing.key --partition 3"],
        parameters: [place, partition],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let path = try arguments[place]
        var key =
            Folder.isFolder(path)
            ? try KeyFile.verifierKey(at: CaracalFolder(path).vkeyPath)
            : try key(inFileAt: path)
        if let partition = try arguments[partition] {
            let name = "\(key.name)/\(partition)"
            do {
                key = try VerifierKey(name: name, publicKey: key.publicKey)
            } catch {
                throw .usage("'\(name)' can be no origin")
            }
        }
        try console.output("\(key)")
        return .success
    }

    private static func key(inFileAt path: String) throws(CommandError) -> VerifierKey {
        let text = try reading { () throws(FileError) in try KeyFile.line(at: path) }
        if let key = try? SignerKey(parsing: text) { return key.verifierKey }
        if let key = try? VerifierKey(parsing: text) { return key }
        throw CommandError("\(path): holds no key", exitCode: .badData)
    }
}
