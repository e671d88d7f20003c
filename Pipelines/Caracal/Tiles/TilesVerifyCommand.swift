import Checkpoints
import CommandLineInterface
import Cryptography
import Merkle
import StreamsEmbedded

/// `caracal tiles-verify`: an exported log, checked without the folder that it is from.
enum TilesVerifyCommand {
    private static let out = Parameter.argument("out", .path("OUT"), help: "The exported log.")
    private static let key = Parameter.option("vkey", .vkey, help: "The log's public key.")

    static let command = Command(
        "tiles-verify",
        about: """
            Check an exported log: its checkpoint, every tile, every entry.

            Exits 0 if all of it is right, 1 if anything is not.
            """,
        examples: ["caracal tiles-verify tiles --vkey example.com/log+1a2b3c4d+AQ…"],
        parameters: [out, key],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = TileFolder(path: try arguments[out])
        guard Folder.isFolder(folder.path) else {
            throw CommandError("\(folder.path): there is no such folder", exitCode: .noInput)
        }
        let note = try reading { () throws(FileError) in try folder.contents(of: .checkpoint) }
        guard let note else {
            console.errors("\(folder.path(of: .checkpoint)): is missing")
            return .negative
        }
        let checkpoint: Checkpoint
        let key = try arguments[key]
        do {
            checkpoint = try SignedCheckpoint.verify(note, with: key)
        } catch {
            console.errors("\(folder.path(of: .checkpoint)): \(error.message)")
            return .negative
        }
        var audit = TileAudit(folder, size: checkpoint.size)
        let root: Digest?
        do {
            root = try audit.run()
        } catch {
            console.errors("\(error)")
            return .negative
        }
        for problem in audit.problems {
            console.errors("\(folder.path)/\(problem.file): \(problem.what)")
        }
        guard audit.problems.isEmpty, let root else { return .negative }
        guard root == checkpoint.root else {
            console.errors("\(folder.path): the entries are not those of the checkpoint")
            return .negative
        }
        try console.output("ok: \(checkpoint.size) entries, root \(root.base64)")
        return .success
    }
}
