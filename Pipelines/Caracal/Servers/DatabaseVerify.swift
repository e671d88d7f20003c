import Assembly
import Checkpoints
import CommandLineInterface
import Cryptography
import Ledgers
import LedgersPostgres
import Merkle
import Streams
import StreamsEmbedded

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
            """,
        examples: ["caracal verify --postgres postgres://auditor@db/ledger --json"],
        parameters: [Servers.postgres, Servers.partition, key, against, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let database = try LedgerDatabase(arguments)
        let given = try arguments[key]
        let isJSON = try arguments[Common.json]
        var reports: [PostgresVerification] = []
        var lines: [String] = []
        let saved = try savedNote(arguments)
        for partition in try database.partitions(arguments) {
            let (key, isStored) = try database.key(given, partition)
            if lines.isEmpty {
                lines.append(
                    isStored
                        ? "key: \(database.storedKey), the stored one; give --vkey to use one of yours"
                        : "key: \(given.map(\.text) ?? key.text)"
                )
            }
            let meter = ProgressMeter("verify \(partition)", unit: "entries", console)
            var options = PostgresVerifier.Options()
            let own = saved.flatMap { note in try? SignedCheckpoint.verify(note, with: key) }
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
            reports.append(found)
            lines.append(
                "partition \(partition): \(found.entries) entries, \(found.checkpoints) checkpoints, "
                    + "\(found.tiles) tiles, \(found.deadLetters) dead letters"
            )
            if let own, let problem = rollback(found, own) { lines.append(problem) }
        }
        let isExtended = !lines.contains { $0.hasPrefix("NOT extended") }
        let isRecognised =
            saved == nil || reports.contains { !$0.roots.isEmpty } || !isExtended
        if !isRecognised { lines.append("NOT extended: the saved checkpoint is of another log") }
        return try finish(reports, lines, isExtended && isRecognised, isJSON, console)
    }

    private static func savedNote(_ arguments: Arguments) throws(CommandError) -> [UInt8]? {
        guard let path = try arguments[against] else { return nil }
        return try reading { () throws(FileError) in
            try Folder.beginning(of: path, limit: SignedNote.byteLimit + 1)
        }
    }

    /// Why the ledger does not extend a checkpoint of its own log, if it does not.
    private static func rollback(_ found: PostgresVerification, _ saved: Checkpoint) -> String? {
        guard let root = found.roots[saved.size] else {
            return "NOT extended: partition \(found.partition) has \(found.size) entries, and a "
                + "checkpoint of \(saved.size) was signed"
        }
        guard root != saved.root else { return nil }
        return
            "NOT extended: the first \(saved.size) entries of partition \(found.partition) are not "
            + "those of the saved checkpoint"
    }

    private static func finish(
        _ reports: [PostgresVerification],
        _ lines: [String],
        _ isExtended: Bool,
        _ isJSON: Bool,
        _ console: Console
    ) throws(CommandError) -> ExitCode {
        let count = reports.reduce(0) { $0 + $1.problemCount }
        let isRight = count == 0 && isExtended
        if isJSON {
            try console.output(json(reports, isRight).description)
        } else {
            for problem in reports.flatMap(\.problems) { try console.output("\(problem)") }
            for line in lines { try console.output(line) }
            for repeated in reports.flatMap(\.repeats).prefix(20) {
                try console.output(
                    "event '\(repeated.eventID)': entry \(repeated.index) repeats entry "
                        + "\(repeated.first)"
                )
            }
            try console.output(isRight ? "ok" : "NOT ok: \(count) problems")
        }
        return isRight ? .success : .negative
    }

    private static func json(_ reports: [PostgresVerification], _ isRight: Bool) -> JSON {
        let problems = reports.flatMap(\.problems).map { problem -> JSON in
            [
                "what": .text(problem.what),
                "file": .text(
                    "caracal." + problem.table + (problem.column.map { ".\($0)" } ?? "")
                ),
                "offset": .null, "index": problem.index.map { .integer($0) } ?? .null,
                "partition": .integer(problem.partition),
            ]
        }
        let logs = reports.map { report -> JSON in
            [
                "partition": .integer(report.partition), "entries": .integer(report.entries),
                "checkpoints": .integer(report.checkpoints), "tiles": .integer(report.tiles),
                "deadLetters": .integer(report.deadLetters),
                "root": .text(report.root.base64),
            ]
        }
        return [
            "ok": .boolean(isRight),
            "entries": .integer(reports.reduce(0) { $0 + $1.entries }),
            "problems": .array(problems),
            "problemCount": .integer(reports.reduce(0) { $0 + $1.problemCount }),
            "logs": .array(logs),
        ]
    }
}
