import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersPostgres

/// What a check of a database has found, for people and for scripts.
struct DatabaseReport {
    /// Something that is not as it should be.
    enum Problem {
        case row(PostgresProblem)
        /// A ledger that does not extend a checkpoint that was saved.
        case notExtended(String, file: String, size: Int?, partition: Int?)

        var line: String {
            switch self {
            case .row(let problem): problem.description
            case .notExtended(let what, let file, _, _): "NOT extended: \(file): \(what)"
            }
        }

        var json: JSON {
            switch self {
            case .row(let problem):
                let column = problem.column.map { ".\($0)" } ?? ""
                return [
                    "what": .text(problem.what),
                    "file": .text("caracal.\(problem.table)\(column)"), "offset": .null,
                    "index": problem.index.map { .integer($0) } ?? .null,
                    "row": problem.row.map { .text($0) } ?? .null,
                    "partition": problem.partition.map { .integer($0) } ?? .null,
                ]
            case .notExtended(let what, let file, let size, let partition):
                return [
                    "what": .text("is not extended: \(what)"), "file": .text(file),
                    "offset": .null, "index": size.map { .integer($0) } ?? .null, "row": .null,
                    "partition": partition.map { .integer($0) } ?? .null,
                ]
            }
        }
    }

    /// Those that are kept.
    var problems: [Problem] = []
    /// Whether a ledger was held against the saved checkpoint.
    private(set) var wasCompared = false
    private var logs: [PostgresVerification] = []
    private var key: (text: String, isStored: Bool)?

    /// Takes the key that notes are checked with.
    mutating func take(key text: String, isStored: Bool) {
        key = (text, isStored)
    }

    mutating func add(_ found: PostgresVerification) {
        logs.append(found)
        problems += found.problems.map { .row($0) }
    }

    /// Holds a ledger against a checkpoint of its log that was saved.
    mutating func compare(_ found: PostgresVerification, _ saved: Checkpoint, _ file: String) {
        wasCompared = true
        let what: String
        if let root = found.roots[saved.size] {
            guard root != saved.root else { return }
            what =
                "the first \(saved.size) entries of partition \(found.partition) are not those of "
                + "the saved checkpoint"
        } else {
            what =
                "partition \(found.partition) has \(found.size) entries, and a checkpoint of "
                + "\(saved.size) was signed"
        }
        problems.append(
            .notExtended(what, file: file, size: saved.size, partition: found.partition)
        )
    }

    /// Notes that the saved checkpoint is of none of the logs.
    mutating func refuse(_ file: String) {
        problems.append(
            .notExtended(
                "the saved checkpoint is of another log",
                file: file,
                size: nil,
                partition: nil
            )
        )
    }

    /// How many problems there are, those that are not kept included.
    private var problemCount: Int {
        problems.count + logs.reduce(0) { $0 + $1.problemCount - $1.problems.count }
    }

    func finish(_ isJSON: Bool, _ console: Console) throws(CommandError) -> ExitCode {
        if isJSON {
            try console.output(json.description)
        } else {
            for problem in problems { try console.output(problem.line.onOneLine) }
            if let key {
                let rest = key.isStored ? ", the stored one; give --vkey to use one of yours" : ""
                try console.output("key: \(key.text)\(rest)")
            }
            for log in logs {
                try console.output(
                    "partition \(log.partition): \(log.entries) entries, "
                        + "\(log.checkpoints) checkpoints, \(log.tiles) tiles, "
                        + "\(log.deadLetters) dead letters, sources \(log.sourceHash.base64)"
                )
            }
            for repeated in logs.flatMap(\.repeats).prefix(20) {
                let line =
                    "event '\(repeated.eventID)': entry \(repeated.index) repeats entry "
                    + "\(repeated.first)"
                try console.output(line.onOneLine)
            }
            try console.output(problems.isEmpty ? "ok" : "NOT ok: \(problemCount) problems")
        }
        return problems.isEmpty ? .success : .negative
    }

    private var json: JSON {
        let logs = logs.map { log -> JSON in
            [
                "partition": .integer(log.partition), "entries": .integer(log.entries),
                "checkpoints": .integer(log.checkpoints), "tiles": .integer(log.tiles),
                "deadLetters": .integer(log.deadLetters), "root": .text(log.root.base64),
                "sources": .text(log.sourceHash.base64),
            ]
        }
        return [
            "ok": .boolean(problems.isEmpty),
            "entries": .integer(self.logs.reduce(0) { $0 + $1.entries }),
            "problems": .array(problems.map(\.json)),
            "problemCount": .integer(problemCount),
            "usesStoredKey": .boolean(key?.isStored ?? false),
            "key": key.map { .text($0.text) } ?? .null,
            "repeats": .array(
                self.logs.flatMap { log in
                    log.repeats.map { repeated in
                        [
                            "partition": .integer(log.partition),
                            "event_id": .text(repeated.eventID),
                            "index": .integer(repeated.index), "first": .integer(repeated.first),
                        ]
                    }
                }
            ),
            "logs": .array(logs),
        ]
    }
}
