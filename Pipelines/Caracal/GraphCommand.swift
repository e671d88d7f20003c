import Assembly
import CommandLineInterface
import LedgerGraph
import Ledgers
import Merkle
import Streams

/// `caracal graph`: the pipelines as they are declared.
enum GraphCommand {
    private enum Format: String, CaseIterable { case mermaid, dot, text }

    private static let format = Parameter<Format>.option(
        "format",
        .choice("NAME"),
        help: "mermaid, dot or text."
    ).defaulting(to: .text)

    static let command = Command(
        "graph",
        about: "Show the pipeline that 'run' runs, as it is declared.",
        examples: ["caracal graph", "caracal graph --format mermaid"],
        parameters: [format],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let settings = try CaracalSettings.read(file: nil)
        let blueprint = blueprint(settings.pipeline)
        let text =
            switch try arguments[format] {
            case .mermaid: blueprint.mermaid()
            case .dot: blueprint.dot()
            case .text: blueprint.describe()
            }
        try console.output(text)
        return .success
    }

    /// The graph with nothing behind it: it is shown, and never run.
    private static func blueprint(_ options: LedgerPipeline.Options) -> Blueprint {
        let claim = LedgerClaim(
            cursor: Cursor(nextOffset: 0, epoch: 0),
            tree: CompactRange(),
            note: [],
            marks: [:]
        )
        return LedgerPipeline(options).blueprint(
            reader: EmptyReader(),
            lane: LedgerLane(partition: 0, claim: claim),
            sink: LedgerSink(
                store: InMemoryLedgerStore(),
                sign: { _, _, _ in [] },
                runtime: .live(),
                observe: { _ in }
            )
        )
    }
}

/// A log without records.
private struct EmptyReader: EventLogReader {
    typealias Element = LogRecord
    typealias Replay = Replayable

    mutating func poll(into chunk: inout Chunk<LogRecord>, limit: ChunkLimit) throws -> Pulled {
        .finished
    }
}
