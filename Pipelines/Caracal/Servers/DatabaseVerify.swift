import Assembly
import Checkpoints
import CommandLineInterface
import Cryptography
import Ledgers
import LedgersPostgres
import Merkle
import Streams
import StreamsEmbedded
import StreamsPostgres

/// `caracal verify --postgres`: everything in the database, of one partition or of all.
enum DatabaseVerify {
    private static let against = Parameter.option(
        "against",
        .path("NOTE"),
        help: "A saved checkpoint that the log of its name must extend."
    ).optional
    private static let key = Parameter<VerifierKey>.option(
        "vkey",
        .vkey,
        help: "The vkey of the origin; the stored one is used, and named, without it."
    ).optional

    static let command = Command(
        "verify",
        about: """
            Check every byte of the ledgers in a database: 0 if all is right, 1 if anything is not.

            Entries and the columns derived from them, trees, tiles, every checkpoint, dead letters,
            marks and cursors. With --against also that a log extends a checkpoint that was saved.

            What a checkpoint signs nobody can change without the key. Offsets, producers and their
            numbers, marks, cursors and dead letters are under hashes without a key: damage is found,
            but not somebody with the rights of the owner who makes all these hashes anew. Compare
            "sources" with one that was noted earlier where that matters.
            """,
        examples: ["caracal verify --postgres postgres://auditor@db/ledger --json"],
        parameters: [Servers.postgres, Servers.partition, key, against, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let given = try arguments[key]
        var report = DatabaseReport()
        let saved = try savedNote(arguments)
        let session = try Servers.connect(arguments[Servers.postgres])
        let shared = try sharedTables(session)
        report.problems = shared.problems.map { .row($0) }
        // Where migrations or the names of settings are not right, the rest cannot be read.
        if shared.partitions.isEmpty, !shared.problems.isEmpty {
            return try report.finish(arguments[Common.json], console)
        }
        guard let database = try database(arguments, report) else {
            return try report.finish(arguments[Common.json], console)
        }
        let partitions = try arguments[Servers.partition].map { [$0] } ?? shared.partitions
        for partition in partitions {
            guard let (key, isStored) = try? database.key(given, partition) else { continue }
            report.take(
                key: isStored ? database.storedKey : given?.text ?? key.text,
                isStored: isStored
            )
            let own = saved.flatMap { note in try? SignedCheckpoint.verify(note.bytes, with: key) }
            let found = try verify(partition, key, own, database, console)
            report.add(found)
            if let own, let saved { report.compare(found, own, saved.path) }
        }
        if let saved, !report.wasCompared { report.refuse(saved.path) }
        return try report.finish(arguments[Common.json], console)
    }

    /// - Throws: ``CommandError``: `badSettings` for an older schema, `badData` for a newer one.
    private static func sharedTables(
        _ session: PostgresSession
    ) throws(CommandError) -> SharedTables {
        do throws(LedgerError) {
            return try SharedTables.verify(session)
        } catch {
            try Servers.refuseNewer(session)
            throw CommandError(ledger: error)
        }
    }

    /// The database, unless it does not say whose ledgers it holds.
    private static func database(
        _ arguments: Arguments,
        _ report: DatabaseReport
    ) throws(CommandError) -> LedgerDatabase? {
        do {
            return try LedgerDatabase(arguments)
        } catch {
            guard !report.problems.isEmpty else { throw error }
            return nil
        }
    }

    private static func verify(
        _ partition: Int,
        _ key: VerifierKey,
        _ own: Checkpoint?,
        _ database: LedgerDatabase,
        _ console: Console
    ) throws(CommandError) -> PostgresVerification {
        let meter = ProgressMeter("verify \(partition)", unit: "entries", console)
        var options = PostgresVerifier.Options()
        options.watchedSizes = own.map { [$0.size] } ?? []
        let verifier = PostgresVerifier(
            database.session,
            partition: partition,
            options: options,
            verifyNote: { note in
                guard let checkpoint = try? SignedCheckpoint.verify(note, with: key) else {
                    return nil
                }
                return (checkpoint.size, checkpoint.root)
            },
            report: { count in meter.update(done: count, of: nil) }
        )
        let found = try Servers.ledger { () throws(LedgerError) in try verifier.run() }
        meter.finish()
        return found
    }

    private static func savedNote(
        _ arguments: Arguments
    ) throws(CommandError) -> (path: String, bytes: [UInt8])? {
        guard let path = try arguments[against] else { return nil }
        let bytes = try reading { () throws(FileError) in
            try Folder.beginning(of: path, limit: SignedNote.byteLimit + 1)
        }
        return (path, bytes)
    }
}
