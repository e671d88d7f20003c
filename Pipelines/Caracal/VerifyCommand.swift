import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Streams
import StreamsEmbedded

/// `caracal verify`: everything in a folder, checked against its bytes.
enum VerifyCommand {
    private static let key = Parameter.option(
        "vkey",
        .vkey,
        help: "The log's public key, from elsewhere than the folder."
    ).optional(default: "the one that the folder has")
    private static let against = Parameter.option(
        "against",
        .path("NOTE"),
        help: "A checkpoint that was saved before: the folder must extend it."
    ).optional

    static let command = Command(
        "verify",
        about: """
            Check the event log, every entry, the tree, every checkpoint, and the index.

            Exits 0 if all of it is right, 1 if anything is not. Whoever can change the folder can
            change the key in it, too: give --vkey. Who put an older state back is found by
            --against.
            """,
        examples: [
            "caracal verify my-ledger",
            "caracal verify my-ledger --vkey example.com/log+1a2b3c4d+AQ… --against saved.note --json",
        ],
        parameters: [Common.folder, key, against, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = CaracalFolder(making: try arguments[Common.folder])
        let given = try arguments[key]
        let isJSON = try arguments[Common.json]
        var audit = FolderAudit(folder, console)
        try checkFormat(folder, &audit)
        let key: VerifierKey
        do {
            key = try folder.verifierKey(given).0
        } catch {
            audit.report("\(error.message)", file: folder.vkeyPath)
            return try audit.finish(isJSON, console)
        }
        audit.take(key, isStored: given == nil)
        var saved: Checkpoint?
        if let path = try arguments[against] {
            let note = try reading { () throws(FileError) in
                try Folder.beginning(of: path, limit: SignedNote.byteLimit + 1)
            }
            do {
                saved = try SignedCheckpoint.verify(note, with: key)
            } catch {
                audit.report(error.message, file: path)
            }
        }
        await audit.run(key, against: saved)
        return try audit.finish(isJSON, console)
    }

    /// Reports a format file that is not right.
    ///
    /// - Throws: ``CommandError`` if there is no caracal folder, or one of a newer version.
    private static func checkFormat(
        _ folder: CaracalFolder,
        _ audit: inout FolderAudit
    ) throws(CommandError) {
        do throws(StorageError) {
            _ = try CaracalFolder.format.check(folder.path)
        } catch {
            guard case .damaged(let damage) = error else { throw CommandError(error) }
            audit.report(damage.reason, file: damage.path, offset: damage.offset)
        }
    }
}
