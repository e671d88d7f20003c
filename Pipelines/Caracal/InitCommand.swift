import Checkpoints
import CommandLineInterface
import Cryptography
import StreamsEmbedded

/// `caracal init`: makes a folder.
enum InitCommand {
    private static let origin = Parameter.option(
        "origin",
        .origin,
        help: "The log's name, which its key has, too."
    ).optional(default: "caracal.local/ and 8 hex digits")

    static let command = Command(
        "init",
        about: """
            Make a folder for a ledger: a key, an empty event log, an empty signed ledger.

            Prints the log's verifier key (vkey). Keep DIR/signing.key to yourself. In a caracal
            folder nothing is changed.
            """,
        examples: ["caracal init my-ledger", "caracal init my-ledger --origin example.com/log"],
        parameters: [Common.folder, origin],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = CaracalFolder(making: try arguments[Common.folder])
        if Folder.exists(FormatVersionFile.path(in: folder.path)) {
            throw CommandError(
                "\(folder.path): is a caracal folder already; nothing was changed",
                exitCode: .cannotCreate
            )
        }
        let path = folder.path
        try creating { () throws(FileError) in try Folder.create(path) }
        let key = try takeKey(folder, origin: arguments[origin])
        try await makeEventLog(folder)
        try await folder.makeLedger(key)
        // Last, so that a folder that has it is whole, and an init that was cut short goes on.
        try creating { () throws(FileError) in try CaracalFolder.format.write(to: path) }
        try console.output("\(key.verifierKey)")
        return .success
    }

    /// The key that an init that was cut short has left, or a new one.
    private static func takeKey(
        _ folder: CaracalFolder,
        origin: String?
    ) throws(CommandError) -> SignerKey {
        let key: SignerKey
        try removeRest(folder)
        if Folder.exists(folder.keyPath) {
            key = try KeyFile.signerKey(at: folder.keyPath)
            if let origin, origin != key.name {
                throw CommandError(
                    "\(folder.keyPath): is the key of '\(key.name)'; nothing was changed",
                    exitCode: .cannotCreate
                )
            }
        } else {
            let name: String
            if let origin { name = origin } else { name = try defaultOrigin() }
            key = try KeyFile.makeKey(named: name)
            try OutputFile.createSecret(Array("\(key.secretText)\n".utf8), at: folder.keyPath)
        }
        let line = Array("\(key.verifierKey)\n".utf8)
        let path = folder.vkeyPath
        try creating { () throws(FileError) in try Folder.replaceFile(path, with: line) }
        return key
    }

    /// Removes a key file of which an init that was cut short has written nothing, or only a part.
    ///
    /// Nothing can be signed by it: an init that has come further had a whole one.
    private static func removeRest(_ folder: CaracalFolder) throws(CommandError) {
        let path = folder.keyPath
        guard Folder.exists(path), !Folder.exists(folder.vkeyPath),
            let line = try? KeyFile.line(at: path), KeyFile.isBeginning(line),
            (try? SignerKey(parsing: line)) == nil
        else { return }
        try creating { () throws(FileError) in try Folder.removeFile(path) }
    }

    private static func defaultOrigin() throws(CommandError) -> String {
        do {
            let digits = Array("0123456789abcdef")
            let random = try RandomBytes.make(4)
            return "caracal.local/"
                + String(random.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        } catch {
            throw CommandError("no name could be made: \(error)", exitCode: .ioError)
        }
    }

    private static func makeEventLog(_ folder: CaracalFolder) async throws(CommandError) {
        if Folder.exists(FormatVersionFile.path(in: folder.events)) { return }
        do {
            try await EmbeddedEventLog.create(folder.events)
        } catch {
            if case .file(let error) = error { throw CommandError(creating: error) }
            throw CommandError(error)
        }
    }
}
