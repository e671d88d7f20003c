import CommandLineInterface
import Events
import StreamsEmbedded

/// `caracal entry`: the canonical bytes of an event as JSON.
enum EntryCommand {
    private static let file = Parameter.argument("file", .path(), help: "The bytes of an entry.")

    static let command = Command(
        "entry",
        about: "Show the canonical bytes of an entry as JSON.",
        examples: ["caracal entry call.entry"],
        parameters: [file],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let path = try arguments[file]
        let bytes = try reading { () throws(FileError) in
            try Folder.contents(of: path, limit: EventLimits.canonicalBytes)
        }
        do {
            try console.output(bytes: try eventJSON(bytes))
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("\(path): is no entry: \(error)", exitCode: .badData)
        }
        return .success
    }
}

/// The canonical bytes of an event as a line of JSON, with its line feed.
func eventJSON(_ canonical: [UInt8]) throws(EventError) -> [UInt8] {
    let view = try EventView(validating: canonical.span, in: 0..<canonical.count)
    var json: [UInt8] = []
    view.appendJSON(canonical.span, to: &json)
    json.append(10)
    return json
}
