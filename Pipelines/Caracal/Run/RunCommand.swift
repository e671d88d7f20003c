import Assembly
import Checkpoints
import CommandLineInterface
import Cryptography
import LedgerGraph
import Ledgers
import LedgersEmbedded
import Settings
import Streams
import StreamsEmbedded

/// `caracal run`: takes what is in the event log into the ledger.
enum RunCommand {
    typealias Options = CaracalSettings

    private static let untilDrained = Parameter.flag(
        "until-drained",
        help: "End when everything in the event log is in the ledger."
    )
    private static let batchCount = Parameter.option(
        "batch-count",
        .wholeNumber(in: Options.batchCounts),
        help: "Entries that close a batch."
    ).optional(default: "8192")
    private static let batchBytes = Parameter.option(
        "batch-bytes",
        .byteCount(in: Options.batchSizes),
        help: "Bytes of entries that close a batch."
    ).optional(default: "8 MiB")
    private static let batchWait = Parameter.option(
        "batch-wait",
        .duration(in: Options.batchWaits),
        help: "Time since its first record that closes a batch."
    ).optional(default: "5 ms")
    private static let lanes = Parameter.option(
        "lanes",
        .wholeNumber(in: Options.laneCounts),
        help: "Copies of the section that validates and hashes."
    ).optional(default: "one a processor")
    private static let memory = Parameter.option(
        "memory",
        .byteCount(in: Options.memorySizes),
        help: "Bytes of records that may be under way."
    ).optional(default: "64 MiB")
    private static let index = Parameter<Options.IndexMode>.option(
        "index",
        .choice("WHEN"),
        help: "follow: fill the index as the ledger grows; deferred: later."
    ).optional(default: "follow")

    static let command = Command(
        "run",
        about: """
            Take what is in the event log into the ledger, and sign every step.

            Goes on with what 'ingest' adds, until SIGTERM or SIGINT; with --until-drained it ends
            when the ledger has everything. The entries, their order and the root depend on none of
            the options.
            """,
        examples: [
            "caracal run my-ledger --until-drained",
            "caracal run my-ledger --batch-wait '50 ms' --index deferred",
        ],
        parameters: [
            Common.folder, untilDrained, batchCount, batchBytes, batchWait, lanes, memory, index,
            Common.config,
        ],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let settings = try settings(arguments)
        let isUntilDrained = try arguments[untilDrained]
        let folder = try CaracalFolder(arguments[Common.folder])
        let key = try folder.signerKey()
        let shutdown = Shutdown()
        let run = try await LedgerRun.open(folder, key: key, shutdown: shutdown, console)
        let outcome = try await run.run(settings, untilDrained: isUntilDrained)
        try console.output(outcome.line)
        if outcome.isComplete || !isUntilDrained { return .success }
        console.errors("cut short; the same command again does the rest")
        return .tryAgain
    }

    /// What the command line says, and for the rest the environment and the file.
    private static func settings(_ arguments: Arguments) throws(CommandError) -> Options {
        var settings = try Options.read(file: arguments[Common.config])
        settings.batchCount = try arguments[batchCount] ?? settings.batchCount
        settings.batchBytes = try arguments[batchBytes] ?? settings.batchBytes
        settings.batchWait = try arguments[batchWait] ?? settings.batchWait
        settings.lanes = try arguments[lanes] ?? settings.lanes
        settings.memory = try arguments[memory] ?? settings.memory
        settings.index = try arguments[index] ?? settings.index
        return settings
    }
}
