import CommandLineInterface
import Ledgers
import LedgersPostgres
import StreamsKafka
import StreamsPostgres

/// `caracal dlq --postgres`: the dead letters in a database.
enum DatabaseDeadLetters {
    private static let id = Parameter.argument("id", .text("ID"), help: "As 'dlq list' shows it.")
    private static let optionalID = Parameter.argument(
        "id",
        .text("ID"),
        help: "The letter to send again."
    ).optional
    private static let all = Parameter<Bool>.flag("all", help: "All that were not sent again.")

    static let command = Command(
        "dlq",
        about: "Look at the dead letters in a database, and send them again.",
        examples: ["caracal dlq list --postgres postgres://auditor@db/ledger"],
        subcommands: [list, show, retry]
    )

    private static let list = Command(
        "list",
        about: "List the dead letters of all partitions, or of one, a line each.",
        examples: ["caracal dlq list --postgres postgres://auditor@db/ledger --json"],
        parameters: [Servers.postgres, Servers.partition, Common.json],
        action: { arguments, console throws(CommandError) in
            let isJSON = try arguments[Common.json]
            let database = try LedgerDatabase(arguments)
            try forEach(in: database, arguments) { letter throws(CommandError) in
                let item = DeadLetterItem(letter)
                try console.output(isJSON ? item.json.description : item.line)
            }
            return .success
        }
    )

    private static let show = Command(
        "show",
        about: "Show a dead letter: why it is one, where it is from, and its bytes.",
        examples: ["caracal dlq show --postgres postgres://auditor@db/ledger 0@17"],
        parameters: [Servers.postgres, id, Common.json],
        action: { arguments, console throws(CommandError) in
            let database = try LedgerDatabase(arguments)
            let item = DeadLetterItem(try letter(arguments[id], database))
            try DeadLetterShowCommand.show(item, try arguments[Common.json], console)
            return .success
        }
    )

    private static let with = Parameter.option(
        "with",
        .path(),
        help: "Corrected bytes: the event as JSON."
    ).optional

    private static let retry = Command(
        "retry",
        about: """
            Send dead letters to their topic again: the ledger takes each once, outside of any sequence.

            A letter that was sent again adds nothing the second time, whatever ended the first. What
            is still no event stays a dead letter (exit code 65).
            """,
        examples: [
            "caracal dlq retry --postgres postgres://writer@db/ledger --kafka broker:9092 --all"
        ],
        parameters: [
            Servers.postgres, Servers.partition, Servers.kafka, optionalID, all, with,
            Servers.config,
        ],
        action: { arguments, console throws(CommandError) in
            let (id, isAll) = (try arguments[optionalID], try arguments[all])
            let path = try arguments[with]
            guard (id == nil) == isAll else { throw .usage("name one ID, or --all") }
            guard path == nil || !isAll else { throw .usage("--with goes with one letter") }
            let database = try LedgerDatabase(arguments)
            let corrected = try path.map { path throws(CommandError) in
                try DeadLetterRetryCommand.bytes(at: path)
            }
            let settings = try Servers.kafkaSettings(
                arguments[Servers.kafka],
                file: arguments[Servers.config],
                for: .producer
            )
            var retry = try DatabaseLetterRetry(database, settings, console)
            defer { retry.close() }
            if let id {
                try await retry.send(try letter(id, database), with: corrected)
            } else {
                var letters: [PostgresDeadLetter] = []
                try forEach(in: database, arguments) { letters.append($0) }
                for letter in letters { try await retry.send(letter, with: nil) }
            }
            try console.output("sent \(retry.sent) already \(retry.already) dead \(retry.dead)")
            return retry.dead > 0 ? .badData : .success
        }
    )

    private static func forEach(
        in database: LedgerDatabase,
        _ arguments: Arguments,
        _ visit: (PostgresDeadLetter) throws(CommandError) -> Void
    ) throws(CommandError) {
        var failure: CommandError?
        for partition in try database.partitions(arguments) {
            let reader = try database.reader(partition)
            try Servers.ledger { () throws(LedgerError) in
                try reader.deadLetters { letter in
                    do throws(CommandError) {
                        try visit(letter)
                        return true
                    } catch {
                        failure = error
                        return false
                    }
                }
            }
            if let failure { throw failure }
        }
    }

    /// The letter that `PARTITION@OFFSET` names.
    private static func letter(
        _ id: String,
        _ database: LedgerDatabase
    ) throws(CommandError) -> PostgresDeadLetter {
        let parts = id.split(separator: "@").map { Int($0) }
        var found: PostgresDeadLetter?
        if parts.count == 2, let partition = parts[0], let offset = parts[1] {
            do throws(PostgresError) {
                found = try DeadLetterRows.letter(
                    database.session,
                    partition: partition,
                    offset: offset
                )
            } catch {
                throw CommandError(error)
            }
        }
        guard let found else {
            throw CommandError("postgres: there is no dead letter '\(id)'", exitCode: .noInput)
        }
        return found
    }
}

extension DeadLetterItem {
    /// A record that a ledger-writer refused.
    init(_ letter: PostgresDeadLetter) {
        self.init(
            id: "\(letter.partition)@\(letter.record.offset)",
            reason: letter.record.reason.rawValue,
            message: letter.record.message,
            origin: [
                ("partition", .integer(letter.partition)),
                ("topicOffset", .integer(letter.record.offset)),
            ],
            bytes: letter.record.bytes,
            byteCount: letter.record.bytes.count,
            redrivenAt: letter.isRedriven ? letter.record.offset : nil
        )
    }
}
