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

            The copy is a caracal folder of its own, with the signing key, once all of it has been
            read again and verified. The index is not copied: the next 'run', or 'reindex', makes it.
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
        try await check(copy, console)
        try creating { () throws(FileError) in try CaracalFolder.format.write(to: copy.path) }
        try console.output("\(copy.path): \(size) entries")
        return .success
    }

    /// Checks all of the copy as 'verify' does; without the format file it is no caracal folder yet.
    ///
    /// - Throws: ``CommandError`` with `badData` if anything is not right.
    private static func check(_ copy: CaracalFolder, _ console: Console) async throws(CommandError)
    {
        var audit = FolderAudit(copy, console)
        let key = try copy.verifierKey(nil).0
        audit.take(key, isStored: true)
        await audit.run(key, against: nil)
        guard !audit.problems.isEmpty else { return }
        for problem in audit.problems.prefix(20) { console.errors(problem.line.onOneLine) }
        throw CommandError(
            "\(copy.path): the copy is not sound, and no caracal folder; 'verify' the original",
            exitCode: .badData
        )
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
