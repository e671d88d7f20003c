import CommandLineInterface
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// `caracal backup`: a consistent copy, while everything runs.
enum BackupCommand {
    private static let out = Parameter.argument("out", .path("OUT"), help: "The folder to make.")

    static let command = Command(
        "backup",
        about: """
            Copy a folder while 'ingest' and 'run' work on it.

            The copy is a caracal folder of its own, with the signing key. The index is not copied:
            the next 'run', or 'reindex', makes it.
            """,
        examples: ["caracal backup my-ledger my-ledger-today"],
        parameters: [Common.folder, out],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let copy = CaracalFolder(making: try arguments[out])
        if Folder.exists(FormatVersionFile.path(in: copy.path)) {
            throw CommandError(
                "\(copy.path): is a caracal folder already; nothing was changed",
                exitCode: .cannotCreate
            )
        }
        try creating { () throws(FileError) in try Folder.create(copy.path) }
        // The ledger first: the event log, copied later, then has all that the ledger has taken.
        let size = try LedgerCopy(folder.ledger, to: copy.ledger).run()
        do {
            try await EmbeddedEventLog.copy(folder.events, to: copy.events)
        } catch {
            if case .file(let error) = error { throw CommandError(creating: error) }
            throw CommandError(error)
        }
        try copyKeys(folder, copy)
        try creating { () throws(FileError) in try CaracalFolder.format.write(to: copy.path) }
        try console.output("\(copy.path): \(size) entries")
        return .success
    }

    private static func copyKeys(
        _ folder: CaracalFolder,
        _ copy: CaracalFolder
    ) throws(CommandError) {
        let vkey = try reading { () throws(FileError) in
            try Folder.contents(of: folder.vkeyPath, limit: 4_096)
        }
        try creating { () throws(FileError) in try Folder.replaceFile(copy.vkeyPath, with: vkey) }
        // A folder without its key can be verified, so its copy can, too.
        guard Folder.exists(folder.keyPath) else { return }
        let key = try reading { () throws(FileError) in
            try Folder.contents(of: folder.keyPath, limit: 4_096)
        }
        try OutputFile.createSecret(key, at: copy.keyPath)
    }
}
