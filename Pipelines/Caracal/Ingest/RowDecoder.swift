import CommandLineInterface
import Events

/// Makes events of the rows of one source.
struct RowDecoder: Sendable {
    /// The first line of a trace.
    static let traceHeader = "TIMESTAMP,ContextTokens,GeneratedTokens"

    private enum Format: Sendable {
        case ndjson
    }

    private let format: Format
    private var json = EventJSON()

    /// Chooses how to read the rows.
    ///
    /// - Parameters:
    ///   - format: The user's choice; `auto` looks at the first line.
    ///   - rows: Read ahead to its first line.
    ///   - agents: How many agents the rows of a trace are dealt to.
    /// - Throws: ``CommandError`` with ``ExitCode/badData`` if `auto` recognises nothing.
    init(
        _ format: CaracalSettings.InputFormat,
        of rows: inout RowReader,
        agents: Int
    ) throws(CommandError) {
        self.format = .ndjson
    }

    /// Whether the first line is no row.
    var hasHeader: Bool { false }

    func isHeader(_ line: Span<UInt8>) -> Bool { false }

    /// Whether there is nothing in a line, so that it counts as no row.
    func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in line.indices where line[index] != 0x20 && line[index] != 0x09 { return false }
        return true
    }

    /// Appends the canonical bytes of the event in a row to `arena`.
    ///
    /// - Parameters:
    ///   - row: A line without its end.
    ///   - number: The row's number in its source, from 1.
    ///   - arena: On an error it is as it was.
    /// - Returns: Where the event and its keys are.
    /// - Throws: ``RowProblem``.
    mutating func decode(
        _ row: Span<UInt8>,
        number: Int,
        into arena: inout [UInt8]
    ) throws(RowProblem) -> EventKeys {
        do {
            return try json.canonicalize(row, into: &arena)
        } catch {
            throw RowProblem(error)
        }
    }
}
