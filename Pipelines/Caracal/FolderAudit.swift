import Assembly
import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Streams
import StreamsEmbedded

/// A check of everything in a folder, and what it has found.
struct FolderAudit {
    /// Something that is not as it should be.
    struct Problem {
        let what: String
        let file: String
        var offset: Int?
        var index: Int?

        var json: JSON {
            [
                "what": .text(what), "file": .text(file),
                "offset": offset.map { .integer($0) } ?? .null,
                "index": index.map { .integer($0) } ?? .null,
            ]
        }

        var line: String {
            let place = offset.map { " at byte \($0)" } ?? ""
            let entry = index.map { " (entry \($0))" } ?? ""
            return "\(file)\(place): \(what)\(entry)"
        }
    }

    private let folder: CaracalFolder
    private let console: Console
    private let clock = Runtime.live().clock
    private(set) var problems: [Problem] = []
    /// How many problems there are, those that are not kept included.
    private var problemCount = 0
    private var ledger: LedgerVerification?
    private var records = 0
    private var keyLine = "none"
    private var isStored = false

    init(_ folder: CaracalFolder, _ console: Console) {
        self.folder = folder
        self.console = console
    }

    mutating func report(_ what: String, file: String, offset: Int? = nil, index: Int? = nil) {
        problemCount += 1
        problems.append(Problem(what: what, file: file, offset: offset, index: index))
    }

    /// Takes the key that everything is checked with; the folder's own must be the same.
    mutating func take(_ key: VerifierKey, isStored: Bool) {
        keyLine = isStored ? "\(key), the stored one; give --vkey to use one of yours" : "\(key)"
        self.isStored = isStored
        do {
            let stored = try KeyFile.verifierKey(at: folder.vkeyPath)
            if stored != key { report("is not the key \(key)", file: folder.vkeyPath) }
        } catch {
            report(error.message, file: folder.vkeyPath)
        }
    }

    /// Checks event log and ledger, and that the ledger extends a checkpoint that was saved.
    mutating func run(_ key: VerifierKey, against saved: Checkpoint?) async {
        let log = await checkEventLog()
        let ledger = await checkLedger(key, watching: saved)
        // Where both grow meanwhile, the ledger, which was read later, may have taken what was not
        // yet there: only where the log ends now can be held against it.
        if let end = log, ledger.nextOffset > end, let end = await logEnd(),
            ledger.nextOffset > end
        {
            report(
                "the ledger has taken the log up to \(ledger.nextOffset), and it ends at \(end)",
                file: folder.events
            )
        }
        if let saved { compare(ledger, with: saved) }
        self.ledger = ledger
    }

    /// Returns where the log ends, if it could be read.
    private mutating func checkEventLog() async -> Int? {
        let found = await EmbeddedEventLog.verify(folder.events)
        records = found.records
        for problem in found.problems {
            report(problem.reason, file: problem.path, offset: problem.offset)
        }
        problemCount += found.problemCount - found.problems.count
        return await logEnd()
    }

    private func logEnd() async -> Int? {
        do {
            return try await folder.logStatus().end
        } catch {
            // It is among the problems already.
            return nil
        }
    }

    private mutating func checkLedger(
        _ key: VerifierKey,
        watching saved: Checkpoint?
    ) async -> LedgerVerification {
        var options = LedgerVerifier.Options()
        options.watchedSizes = saved.map { [$0.size] } ?? []
        let meter = ProgressMeter("verify", unit: "entries", console)
        let rows = ProgressMeter("compare", unit: "rows", console)
        let verifier = LedgerVerifier(
            folder.ledger,
            options: options,
            clock: clock,
            verifyNote: { note in
                guard let checkpoint = try? SignedCheckpoint.verify(note, with: key) else {
                    return nil
                }
                return (checkpoint.size, checkpoint.root)
            },
            report: { stage in
                switch stage {
                case .entries(let count): meter.update(done: count, of: nil)
                case .rows(let count): rows.update(done: count, of: nil)
                }
            }
        )
        let found = await verifier.run()
        meter.finish()
        rows.finish()
        for problem in found.allProblems {
            report(
                problem.what,
                file: problem.file,
                offset: problem.offset,
                index: problem.index
            )
        }
        problemCount += found.problemCount - found.allProblems.count
        return found
    }

    private mutating func compare(_ ledger: LedgerVerification, with saved: Checkpoint) {
        switch ledger.extends(size: saved.size, root: saved.root) {
        case .extends: break
        case .isRolledBack(let size):
            report(
                "rolled back: the ledger has \(size) entries, and a checkpoint of \(saved.size) was "
                    + "signed",
                file: folder.ledger
            )
        case .differs(let root):
            report(
                "not the ledger of the saved checkpoint: its first \(saved.size) entries have the "
                    + "root \(root.base64), signed was \(saved.root.base64)",
                file: folder.ledger
            )
        case .isUnknown:
            report(
                "whether it extends the saved checkpoint of \(saved.size) entries cannot be told",
                file: folder.ledger
            )
        }
    }

    /// Prints what was found.
    ///
    /// - Parameters:
    ///   - isJSON: One object, or lines for people.
    ///   - console: Where to.
    /// - Returns: Whether all is right.
    /// - Throws: If it could not be printed.
    func finish(_ isJSON: Bool, _ console: Console) throws(CommandError) -> ExitCode {
        let isRight = problemCount == 0
        if isJSON {
            try console.output(json.description)
        } else {
            for problem in problems { try console.output(problem.line.onOneLine) }
            if problemCount > problems.count {
                try console.output("… and \(problemCount - problems.count) more problems")
            }
            for line in summary { try console.output(line.onOneLine) }
            try console.output(isRight ? "ok" : "NOT ok: \(problemCount) problems")
        }
        return isRight ? .success : .negative
    }

    private var json: JSON {
        let repeats = ledger?.repeats ?? []
        return [
            "ok": .boolean(problemCount == 0), "entries": .integer(ledger?.entries ?? 0),
            "problems": .array(problems.map(\.json)),
            "problemCount": .integer(problemCount), "usesStoredKey": .boolean(isStored),
            "checkpoints": .integer(ledger?.checkpoints ?? 0),
            "records": .integer(records),
            "indexRows": .integer(ledger?.index?.rows ?? 0),
            "repeats": .array(
                repeats.map { repeated in
                    [
                        "event_id": .text(repeated.eventID), "index": .integer(repeated.index),
                        "first": .integer(repeated.first),
                    ]
                }
            ),
        ]
    }

    /// What was checked, for people.
    private var summary: [String] {
        guard let ledger else { return [] }
        var lines = [
            "key: \(keyLine)",
            "event log: \(records) records",
            "ledger: \(ledger.entries) entries, \(ledger.checkpoints) checkpoints, "
                + "\(ledger.letters) dead letters\(rate(ledger.entries, ledger.elapsed))",
        ]
        if let index = ledger.index, index.isPresent {
            lines.append("index: \(index.rows) rows compared\(rate(index.rows, index.elapsed))")
        } else {
            lines.append("index: there is none yet")
        }
        for repeated in ledger.repeats.prefix(20) {
            lines.append(
                "event '\(repeated.eventID)': entry \(repeated.index) repeats entry "
                    + "\(repeated.first)"
            )
        }
        return lines
    }

    private func rate(_ count: Int, _ elapsed: Duration) -> String {
        let seconds = elapsed / .seconds(1)
        guard count >= 100_000, seconds > 0 else { return "" }
        return ", \(Int((Double(count) / seconds).rounded()))/s"
    }
}
