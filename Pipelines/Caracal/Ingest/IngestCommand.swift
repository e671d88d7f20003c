import Assembly
import CommandLineInterface
import Events
import LedgersEmbedded
import Settings
import Streams
import StreamsEmbedded
import Synchronization

/// `caracal ingest`: rows of a file into the event log.
enum IngestCommand {
    typealias Format = CaracalSettings.InputFormat

    /// Within how many bytes the first line has to begin.
    private static let headSize = 4 << 20

    private static let file = Parameter.argument(
        "file",
        .path(),
        help: "The file to read; '-' is standard input."
    )
    private static let format = Parameter<Format>.option(
        "format",
        .choice("NAME"),
        help: "auto, llm-trace or ndjson."
    ).optional(default: "auto")
    private static let agents = Parameter.option(
        "agents",
        .wholeNumber(in: CaracalSettings.agentCounts),
        help: "How many agents the rows of a trace are dealt to."
    ).optional(default: "16")
    private static let pricebook = Parameter.option(
        "pricebook",
        .path(),
        help: "Prices as CSV: resource_type,unit,price,currency."
    ).optional(default: "built in")
    private static let source = Parameter.option(
        "source",
        .text("NAME"),
        help: "The source's name, which its rows are known by."
    ).optional(default: "the file's base name")

    static let command = Command(
        "ingest",
        about: """
            Read rows into the event log of a folder.

            A row that is no event becomes a dead letter (exit code 65), the rest goes on. The same
            file again adds nothing; a file that has grown, or an ingest that was cut short, goes on
            where it ended.
            """,
        examples: [
            "caracal ingest my-ledger trace.csv",
            "caracal ingest my-ledger calls.csv --format llm-trace --agents 4 --pricebook p.csv",
            "producer | caracal ingest my-ledger - --source producer",
        ],
        parameters: [
            Common.folder, file, format, agents, pricebook, source, Common.config,
        ],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let settings = try CaracalSettings.read(file: arguments[Common.config])
        let path = try arguments[file]
        let source = try sourceName(arguments[Self.source], path)
        let folder = try CaracalFolder(arguments[Common.folder])
        let pricebook = try Pricebook.read(arguments[pricebook] ?? settings.pricebook)
        let shutdown = Shutdown()
        let input = try InputFile(path, wakeDescriptor: shutdown.wakeDescriptor)
        let appender = try await folder.appender(
            cursor: try folder.ledgerReader().head.nextOffset,
            console
        )
        let size = input.size
        var head: [UInt8] = []
        if try !readHead(of: input, into: &head) {
            return try finish(SourceIngest.Counts(), isComplete: false, console)
        }
        let format = try InputFormat.find(arguments[format] ?? settings.format, head, path)
        let decoder = try makeDecoder(
            format,
            source: source,
            agents: try arguments[agents] ?? settings.agents,
            pricebook: pricebook
        )
        let reporter = LetterReporter(path, console)
        let known = await appender.progress(of: source)
        let letters = try await knownLetters(of: source, known?.bytes ?? 0, folder, reporter)
        let meter = ProgressMeter("ingest", unit: "rows", console)
        let job = SourceIngest(
            into: appender,
            rows: RowReader(format: format),
            batcher: RowBatcher(
                source: source,
                decoder: decoder,
                after: known,
                letters: letters,
                report: { reporter.report($0) }
            ),
            shutdown: shutdown,
            progress: { counts, bytes in
                // Of a file the size is known, and from it about how many rows there are.
                let share = size.map { Double($0) / Double(max(1, bytes)) }
                let total = share.map { $0 * Double(counts.read) }
                meter.update(done: counts.read, of: total.flatMap { Int(exactly: $0.rounded()) })
            }
        )
        let isComplete: Bool
        do {
            isComplete = try await job.run(head, input)
        } catch {
            meter.finish()
            throw error
        }
        meter.finish()
        reporter.finish()
        await appender.close()
        return try finish(await job.counts, isComplete: isComplete, console)
    }

    /// Reads the beginning of the source: up to the first line that is not blank, or to the end.
    ///
    /// A pipe hands over what was written to it so far, which may be less than a line. Of a line that
    /// is longer than a row may be, the beginning is enough.
    ///
    /// - Returns: `false` if the process was asked to end before.
    private static func readHead(
        of input: borrowing InputFile,
        into head: inout [UInt8]
    ) throws(CommandError) -> Bool {
        var lines = LineSplitter()
        var hasLine = false
        while !hasLine, head.count < headSize {
            let start = head.count
            switch try input.read(SourceIngest.readSize, into: &head) {
            case .interrupted: return false
            case .end: return true
            case .bytes:
                let bytes = head
                lines.feed(bytes.span.extracting(start...)) { _, line in
                    hasLine = hasLine || !line.isEmpty
                }
            }
        }
        return true
    }

    private static func finish(
        _ counts: SourceIngest.Counts,
        isComplete: Bool,
        _ console: Console
    ) throws(CommandError) -> ExitCode {
        try console.output(
            "read \(counts.read) appended \(counts.appended) already \(counts.already) "
                + "dead \(counts.dead)"
        )
        if !isComplete {
            console.errors("cut short; the same command again reads the rest")
            return .tryAgain
        }
        return counts.dead > 0 ? .badData : .success
    }

    private static func makeDecoder(
        _ format: InputFormat,
        source: String,
        agents: Int,
        pricebook: Pricebook
    ) throws(CommandError) -> RowDecoder {
        do {
            return try RowDecoder(
                format: format,
                source: source,
                agents: agents,
                pricebook: pricebook
            )
        } catch {
            throw CommandError("\(error)", exitCode: error is PricebookError ? .badData : .usage)
        }
    }

    /// The dead letters of the source; says which rows that count as read they are.
    private static func knownLetters(
        of source: String,
        _ bytes: Int,
        _ folder: CaracalFolder,
        _ reporter: LetterReporter
    ) async throws(CommandError) -> KnownLetters {
        let known = Mutex(KnownLetters())
        try await folder.letters { stored in
            guard stored.letter.source == source else { return true }
            let counts = known.withLock { $0.add(stored, readUpTo: bytes) }
            if counts { reporter.report(stored.letter) }
            return true
        }
        return known.withLock { $0 }
    }

    private static func sourceName(_ given: String?, _ path: String) throws(CommandError) -> String
    {
        let name = given ?? path.split(separator: "/").last.map(String.init) ?? path
        if path == "-", given == nil {
            throw .usage("standard input has no name; give its rows one: --source NAME")
        }
        guard name.utf8.count <= EventLimits.nameBytes else {
            throw .usage("--source: a name has at most \(EventLimits.nameBytes) bytes")
        }
        return name
    }
}

extension InputFormat {
    /// The format that the user chose, or that the first line has.
    fileprivate static func find(
        _ choice: CaracalSettings.InputFormat,
        _ head: [UInt8],
        _ path: String
    ) throws(CommandError) -> InputFormat {
        /// Ends the look at the head with the first row.
        struct Found: Error {}
        var rows = RowReader(format: InputFormat(rawValue: choice.rawValue))
        do {
            try rows.feed(head.span) { _, _ in throw Found() }
            try rows.finish { _, _ in throw Found() }
        } catch let error as InputError {
            throw CommandError("\(path): \(error)", exitCode: .badData)
        } catch {
            // A row was found, so the format is known.
        }
        guard let format = rows.format else {
            throw CommandError("\(path): \(InputError.unrecognised)", exitCode: .badData)
        }
        return format
    }
}
