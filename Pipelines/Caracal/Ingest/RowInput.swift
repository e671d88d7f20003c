import CommandLineInterface
import Events

/// The parameters that name a source of rows, and how such a source is begun.
enum RowInput {
    typealias Format = CaracalSettings.InputFormat

    /// Within how many bytes the first line has to begin.
    private static let headSize = 4 << 20

    static let file = Parameter.argument(
        "file",
        .path(),
        help: "The file to read; '-' is standard input."
    )
    static let format = Parameter<Format>.option(
        "format",
        .choice("NAME"),
        help: "auto, llm-trace or ndjson."
    ).optional(default: "auto")
    static let agents = Parameter.option(
        "agents",
        .wholeNumber(in: CaracalSettings.agentCounts),
        help: "How many agents the rows of a trace are dealt to."
    ).optional(default: "16")
    static let pricebook = Parameter.option(
        "pricebook",
        .path(),
        help: "Prices as CSV: resource_type,unit,price,currency."
    ).optional(default: "built in")
    static let source = Parameter.option(
        "source",
        .text("NAME"),
        help: "The source's name, which its rows are known by."
    ).optional(default: "the file's base name")

    /// Reads the beginning of the source: up to the first line that is not blank, or to the end.
    ///
    /// A pipe hands over what was written to it so far, which may be less than a line. Of a line that
    /// is longer than a row may be, the beginning is enough.
    ///
    /// - Returns: `false` if the process was asked to end before.
    static func readHead(
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

    static func makeDecoder(
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

    static func sourceName(
        _ arguments: Arguments,
        _ path: String
    ) throws(CommandError) -> String {
        let given = try arguments[source]
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
    static func find(
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
