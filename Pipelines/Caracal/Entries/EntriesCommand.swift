import CommandLineInterface
import Events
import LedgersEmbedded
import StreamsEmbedded

/// `caracal entries`: the ledger's entries in their order.
enum EntriesCommand {
    private enum Format: String, CaseIterable { case ndjson, csv }

    private static let agent = Parameter.option(
        "agent",
        .text("ID"),
        help: "Only entries of this agent."
    ).optional
    private static let from = Parameter.option(
        "from",
        .time,
        help: "Only events at or after this time."
    ).optional
    private static let to = Parameter.option(
        "to",
        .time,
        help: "Only events before this time."
    ).optional
    private static let format = Parameter<Format>.option(
        "format",
        .choice("NAME"),
        help: "ndjson or csv."
    ).defaulting(to: .ndjson)

    static let command = Command(
        "entries",
        about: """
            Print entries, a line each, in the order of the ledger.

            Amounts are texts, so that no digit is lost. A CSV field that a spreadsheet would take
            for a formula gets a ' in front.
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
        let filter = EntryFilter(
            agent: try arguments[agent],
            from: try arguments[from],
            to: try arguments[to]
        )
        let isCSV = try arguments[format] == .csv
        var writer = EntryWriter(isCSV: isCSV, console)
        try writer.begin()
        var failure: CommandError?
        let source = try await EntrySource(folder, filter, console)
        try await source.forEach { index, bytes in
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
        return .success
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
