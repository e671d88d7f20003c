import Checkpoints
import CommandLineInterface
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// `caracal tiles`: the ledger as a static log that anybody can serve.
enum TilesCommand {
    static let out = Parameter.argument("out", .path("OUT"), help: "Where the files go.")

    static let command = Command(
        "tiles",
        about: """
            Export the ledger as C2SP tlog-tiles: tiles, entry bundles, and last the checkpoint.

            Again into the same folder it adds only what is new. Every hash is made of the entries
            and has to lead to the signed root, so that no damage is published.
            """,
        examples: ["caracal tiles my-ledger /srv/log"],
        parameters: [Common.folder, out],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let key = try KeyFile.verifierKey(at: folder.vkeyPath)
        let reader = try folder.ledgerReader()
        let head = try folder.signedHead(reader, key)
        try export(reader, of: folder.ledger, head, key, arguments, console)
        return .success
    }

    /// Exports a ledger up to its signed head.
    static func export(
        _ source: any LedgerSource,
        of ledger: String,
        _ head: SignedCheckpoint,
        _ key: VerifierKey,
        _ arguments: Arguments,
        _ console: Console
    ) throws(CommandError) {
        let target = TileFolder(path: try arguments[out])
        let known = try existing(target, key)
        if let known, known.size > head.checkpoint.size {
            throw CommandError(
                "\(target.path): holds a newer log (\(known.size) entries) than the ledger "
                    + "(\(head.checkpoint.size)); nothing was changed",
                exitCode: .cannotCreate
            )
        }
        var export = TileExport(
            of: ledger,
            source,
            to: target,
            head: head.checkpoint,
            extending: known
        )
        try export.run()
        try target.write(head.bytes, as: .checkpoint)
        try console.output(
            "\(head.checkpoint.size) entries, \(export.filesWritten + 1) files written"
        )
    }

    /// The checkpoint of an earlier export into the same folder.
    private static func existing(
        _ folder: TileFolder,
        _ key: VerifierKey
    ) throws(CommandError) -> Checkpoint? {
        guard Folder.exists(folder.path(of: .checkpoint)) else { return nil }
        let note = try reading { () throws(FileError) in try folder.contents(of: .checkpoint) }
        do {
            return try SignedCheckpoint.verify(note ?? [], with: key)
        } catch {
            throw CommandError(
                "\(folder.path(of: .checkpoint)): \(error.message); nothing was changed",
                exitCode: .cannotCreate
            )
        }
    }
}
