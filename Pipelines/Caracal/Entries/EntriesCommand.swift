import CommandLineInterface
import Events
import Glibc
import LedgersEmbedded
import StreamsEmbedded

/// `caracal entries`: the ledger's entries in their order.
enum EntriesCommand {
    enum Format: String, CaseIterable { case ndjson, csv }

    static let agent = Parameter.option(
        "agent",
        .text("ID"),
        help: "Only entries of this agent."
    ).optional
    static let from = Parameter.option(
        "from",
        .time,
        help: "Only events at or after this time."
    ).optional
    static let to = Parameter.option(
        "to",
        .time,
        help: "Only events before this time."
    ).optional
    static let format = Parameter<Format>.option(
        "format",
        .choice("NAME"),
        help: "ndjson or csv."
    ).defaulting(to: .ndjson)

    static let command = Command(
        "entries",
        about: """
            Print entries, a line each, in the order of the ledger.

            Amounts are texts, so that no digit is lost. A CSV field that a spreadsheet would take
            for a formula gets a ' in front. On a terminal control characters are shown as escapes.
            """,
        examples: [
            "caracal entries my-ledger --agent agent-3",
            "caracal entries my-ledger --from 2023-11-16T18:00:00Z --to 2023-11-16T19:00:00Z",
            "caracal entries my-ledger --format csv > entries.csv",
        ],
        parameters: [Common.folder, agent, from, to, format],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        try await write(arguments, console) { filter, visit async throws(CommandError) in
            try await EntrySource(folder, filter, console).forEach(visit)
        }
        return .success
    }

    /// Writes the entries that were asked for, of those that `forEach` visits.
    static func write(
        _ arguments: Arguments,
        _ console: Console,
        forEach: (
            EntryFilter,
            (_ index: Int, _ bytes: Span<UInt8>) -> Bool
        ) async throws(CommandError) -> Void
    ) async throws(CommandError) {
        let filter = EntryFilter(
            agent: try arguments[agent],
            from: try arguments[from],
            to: try arguments[to]
        )
        let isCSV = try arguments[format] == .csv
        var writer = EntryWriter(
            isCSV: isCSV,
            isForTerminal: isatty(STDOUT_FILENO) == 1,
            console
        )
        try writer.begin()
        var failure: CommandError?
        try await forEach(filter) { index, bytes in
            do throws(CommandError) {
                try writer.write(index, bytes, if: filter)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        try writer.finish()
    }
}

extension ValueFormat<EventTime> {
    /// A time as events have it.
    static var time: Self {
        Self("TIME", "a time such as '2023-11-16T18:15:46Z', or milliseconds since 1970") { text in
            if let milliseconds = Int64(text) { return EventTime(milliseconds: milliseconds) }
            return try? EventTime(text)
        }
    }
}
