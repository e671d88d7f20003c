import CommandLineInterface
import LedgersEmbedded
import StreamsEmbedded

/// `caracal reindex`: the index, made anew.
enum ReindexCommand {
    static let command = Command(
        "reindex",
        about: """
            Delete the index and make it anew from the ledger.

            Takes run's role: not while 'run' works on the folder.
            """,
        examples: ["caracal reindex my-ledger"],
        parameters: [Common.folder],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let size = try folder.ledgerReader().head.size
        let lock = try storing { () throws(StorageError) in
            try FolderLock(folder: folder.ledger, role: "run")
        }
        let meter = ProgressMeter("reindex", unit: "entries", console)
        do {
            let index = try await EntryIndex.rebuild(folder.ledger) { progress in
                meter.update(done: progress.entries, of: size)
            }
            meter.finish()
            let progress = index.progress
            await index.close()
            lock.release()
            try console.output("entries \(progress.entries) letters \(progress.letters)")
            return .success
        } catch let error as CommandError {
            throw error
        } catch let error as EntryIndexError {
            meter.finish()
            throw CommandError(error)
        } catch {
            throw CommandError("\(error)", exitCode: .ioError)
        }
    }
}

extension CommandError {
    /// Why the index cannot be used or made.
    init(_ error: EntryIndexError) {
        switch error {
        case .missing: self.init("\(error)", exitCode: .noInput)
        case .unusable, .newerVersion: self.init("\(error)", exitCode: .badData)
        case .unavailable: self.init("\(error)", exitCode: .ioError)
        case .ledger(let error): self.init(error)
        }
    }
}
