import CommandLineInterface

/// `caracal dlq show`: a dead letter and its bytes.
enum DeadLetterShowCommand {
    private static let id = Parameter.argument("id", .text("ID"), help: "As 'dlq list' shows it.")

    static let command = Command(
        "show",
        about: """
            Show a dead letter: why it is one, where it is from, and its bytes.

            Bytes that are no text are shown in hexadecimal digits.
            """,
        examples: ["caracal dlq show my-ledger trace.csv:6"],
        parameters: [Common.folder, id, Common.json],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let folder = try CaracalFolder(arguments[Common.folder])
        let item = try await DeadLetters(folder: folder).letter(try arguments[id])
        try show(item, try arguments[Common.json], console)
        return .success
    }

    static func show(
        _ item: DeadLetterItem,
        _ isJSON: Bool,
        _ console: Console
    ) throws(CommandError) {
        if isJSON { return try console.output(item.json.description) }
        var lines: [(String, String)] = [
            ("id", item.id), ("reason", item.reason), ("message", item.message),
        ]
        lines += item.origin.map { ($0.key, $0.value.plain) }
        lines.append(("bytes", "\(item.byteCount)" + (item.isWhole ? "" : ", the first ones are")))
        if let offset = item.redrivenAt { lines.append(("sent again", "at offset \(offset)")) }
        for (name, text) in lines { try console.output(column(name, text)) }
        try console.output("")
        try console.output(readable(item.bytes))
    }
}
