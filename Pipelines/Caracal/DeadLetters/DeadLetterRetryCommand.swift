import CommandLineInterface
import Events
import LedgersEmbedded
import Settings
import StreamsEmbedded

/// `caracal dlq retry`: dead letters, sent again.
enum DeadLetterRetryCommand {
    private static let id = Parameter.argument("id", .text("ID"), help: "As 'dlq list' shows it.")
        .optional
    private static let all = Parameter.flag("all", help: "Every letter that was not sent again.")
    private static let with = Parameter.option(
        "with",
        .path(),
        help: "Corrected bytes: the event as JSON, or the row of a trace."
    ).optional

    static let command = Command(
        "retry",
        about: """
            Send dead letters again: they are appended to the event log, outside of any sequence.

            A letter that was sent again adds nothing the second time. What is still no event stays
            a dead letter (exit code 65).
            """,
        examples: [
            "caracal dlq retry my-ledger trace.csv:6 --with row.csv",
            "caracal dlq retry my-ledger --all",
        ],
        parameters: [Common.folder, id, all, with, Common.config],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let (id, isAll, path) = (try arguments[id], try arguments[all], try arguments[with])
        guard (id != nil) != isAll else { throw .usage("name a letter, or say --all") }
        guard path == nil || !isAll else { throw .usage("--with goes with one letter") }
        let folder = try CaracalFolder(arguments[Common.folder])
        let settings = try CaracalSettings.read(file: arguments[Common.config])
        let pricebook = try Pricebook.read(settings.pricebook)
        let corrected = try path.map { path throws(CommandError) in try bytes(at: path) }
        let letters = DeadLetters(folder: folder)
        let cursor = try folder.ledgerReader().head.nextOffset
        let appender = try await folder.appender(cursor: cursor, console)
        var retry = LetterRetry(appender, agents: settings.agents, pricebook: pricebook, console)
        if let id {
            try await retry.send(try await letters.letter(id), with: corrected)
        } else {
            try await sendAll(letters, &retry)
        }
        await appender.close()
        try console.output("sent \(retry.sent) already \(retry.already) dead \(retry.dead)")
        return retry.dead > 0 ? .badData : .success
    }

    /// Sends every letter that was not sent again, in their order, while they are read.
    private static func sendAll(
        _ letters: DeadLetters,
        _ retry: inout LetterRetry
    ) async throws(CommandError) {
        let queue = LetterQueue()
        async let reading = read(letters, into: queue)
        var failure: CommandError?
        while failure == nil, let letter = await queue.next() {
            do {
                try await retry.send(letter, with: nil)
            } catch {
                failure = error
            }
        }
        queue.end()
        let outcome = await reading
        if let failure { throw failure }
        try outcome.get()
    }

    private static func read(
        _ letters: DeadLetters,
        into queue: LetterQueue
    ) async -> Result<Void, CommandError> {
        defer { queue.end() }
        do throws(CommandError) {
            try await letters.forEach { letter in
                letter.redrivenAt != nil || queue.add(letter)
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// What a file has, without the end of its last line.
    static func bytes(at path: String) throws(CommandError) -> [UInt8] {
        var bytes = try reading { () throws(FileError) in
            try Folder.contents(of: path, limit: IngestLetter.bytesLimit + 1)
        }
        while bytes.last == 10 || bytes.last == 13 { bytes.removeLast() }
        return bytes
    }
}
