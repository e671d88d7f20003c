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
            Common.folder, RowInput.file, RowInput.format, RowInput.agents, RowInput.pricebook,
            RowInput.source, Common.config,
        ],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let settings = try CaracalSettings.read(file: arguments[Common.config])
        let path = try arguments[RowInput.file]
        let source = try RowInput.sourceName(arguments, path)
        let folder = try CaracalFolder(arguments[Common.folder])
        let pricebook = try Pricebook.read(arguments[RowInput.pricebook] ?? settings.pricebook)
        let shutdown = Shutdown()
        let input = try InputFile(path, wakeDescriptor: shutdown.wakeDescriptor)
        let appender = try await folder.appender(
            cursor: try folder.ledgerReader().head.nextOffset,
            console
        )
        let size = input.size
        var head: [UInt8] = []
        if try !RowInput.readHead(of: input, into: &head) {
            return try finish(SourceIngest.Counts(), isComplete: false, console)
        }
        let format = try InputFormat.find(
            arguments[RowInput.format] ?? settings.format,
            head,
            path
        )
        let decoder = try RowInput.makeDecoder(
            format,
            source: source,
            agents: try arguments[RowInput.agents] ?? settings.agents,
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
}
