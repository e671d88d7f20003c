import CommandLineInterface
import Streams
import StreamsEmbedded
import Synchronization

/// A folder that `init` has made, with everything in it.
///
///     format        kind and version; written last, so that a folder that has it is whole
///     signing.key   the signer key, a line; only its owner may read it
///     vkey          the verifier key, a line
///     events/       the event log
///     ledger/       the ledger, and its index in index.sqlite, which can be deleted
struct CaracalFolder: Sendable {
    static let format = FormatVersionFile(kind: "folder", version: 1)

    let path: String

    var keyPath: String { "\(path)/signing.key" }
    var vkeyPath: String { "\(path)/vkey" }
    var events: String { "\(path)/events" }
    var ledger: String { "\(path)/ledger" }

    /// Opens the folder at `path`, after checking that it is one, and of a version that is known.
    init(_ path: String) throws(CommandError) {
        self.path = path
        try storing { () throws(StorageError) in _ = try Self.format.check(path) }
    }

    /// The folder at `path`, which is still to be made.
    init(making path: String) {
        self.path = path
    }

    /// Takes ingest's role, and says on `console` what had to be mended.
    ///
    /// - Parameters:
    ///   - cursor: The offset below which nothing may be missing: what the ledger has taken.
    ///   - console: For messages.
    /// - Returns: The appender, which has the role until it is closed.
    /// - Throws: ``CommandError``, with ``ExitCode/tryAgain`` if another process has the role.
    func appender(cursor: Int, _ console: Console) async throws(CommandError) -> EmbeddedAppender {
        let appender: EmbeddedAppender
        do {
            appender = try await EmbeddedAppender.open(events, floors: [cursor])
        } catch {
            throw CommandError(error)
        }
        for cut in appender.report.cuts {
            console.errors(
                "\(cut.path): cut off \(cut.to - cut.from) bytes at byte \(cut.from), which a crash "
                    + "left unfinished: \(cut.reason)"
            )
        }
        for path in appender.report.rewritten { console.errors("\(path): written anew") }
        return appender
    }

    /// The event log, for reading.
    func eventLog() async throws(CommandError) -> EmbeddedEventLog {
        do {
            return try await EmbeddedEventLog.open(events)
        } catch {
            throw CommandError(error)
        }
    }

    /// Shows `visit` the dead letters of ingest, one after another.
    func letters(
        _ visit: @escaping @Sendable (StoredLetter) -> Bool
    ) async throws(CommandError) {
        let log = try await eventLog()
        do {
            try await log.letters(visit)
        } catch {
            throw CommandError(error)
        }
    }
}

extension CaracalFolder {
    /// What the event log holds.
    func logStatus() async throws(CommandError) -> PartitionStatus {
        let log = try await eventLog()
        do throws(StorageError) {
            guard let status = try await log.status().first else {
                throw StorageError.noSuchPartition(0)
            }
            return status
        } catch {
            throw CommandError(error)
        }
    }
}
