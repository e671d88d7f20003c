import Checkpoints
import CommandLineInterface
import Cryptography
import Events
import Ledgers
import LedgersPostgres

/// The commands that read ledgers in a database, with `--postgres URL` in the folder's place.
enum DatabaseCommands {
    static let all = [
        status, checkpoint, DatabaseVerify.command, receipt, proveConsistency, tiles, entries,
        DatabaseDeadLetters.command,
    ]

    // MARK: Status

    private static let status = Command(
        "status",
        about: "Say how far the ledgers in a database are.",
        examples: ["caracal status --postgres postgres://reader@db/ledger --json"],
        parameters: [Servers.postgres, Servers.partition, Common.json],
        action: { arguments, console throws(CommandError) in
            let database = try LedgerDatabase(arguments)
            var logs: [JSON] = []
            let isJSON = try arguments[Common.json]
            for partition in try database.partitions(arguments) {
                let reader = try database.reader(partition)
                let letters = try Servers.ledger { () throws(LedgerError) in
                    try reader.deadLetterCount()
                }
                let head = reader.head
                let members: [(key: String, value: JSON)] = [
                    ("partition", .integer(partition)),
                    ("origin", .text(database.origin(partition))),
                    ("size", .integer(head.size)), ("root", .text(head.root.base64)),
                    ("topic", .text(head.topic)), ("cursor", .integer(head.nextOffset)),
                    ("epoch", .integer(head.epoch)), ("deadLetters", .integer(letters)),
                ]
                if isJSON {
                    logs.append(.object(members))
                } else {
                    for (key, value) in members { try console.output(column(key, value.plain)) }
                    try console.output("")
                }
            }
            if isJSON { try console.output(JSON.object([("logs", .array(logs))]).description) }
            return .success
        }
    )

    // MARK: Checkpoint

    private static let checkpoint = Command(
        "checkpoint",
        about: "Print the newest checkpoint of a partition's log (0 unless told otherwise).",
        examples: ["caracal checkpoint --postgres postgres://reader@db/ledger --partition 3"],
        parameters: [Servers.postgres, Servers.partition],
        action: { arguments, console throws(CommandError) in
            let database = try LedgerDatabase(arguments)
            let reader = try database.reader(arguments[Servers.partition] ?? 0)
            let key = try database.key(nil, reader.head.partition).0
            try console.output(bytes: try database.signedHead(reader, key).bytes)
            return .success
        }
    )

    // MARK: Proofs

    private static let receipt = Command(
        "receipt",
        about: """
            Make a receipt: an entry, and the proof that the signed ledger holds it.

            With --event all partitions are searched unless one is named; with --index it is 0.
            """,
        examples: [
            "caracal receipt --postgres postgres://reader@db/ledger --event ID -o a.tlog-proof"
        ],
        parameters: [
            Servers.postgres, Servers.partition, ReceiptCommand.event, ReceiptCommand.index,
            ReceiptCommand.output, ReceiptCommand.entryOut,
        ],
        action: { arguments, console throws(CommandError) in
            let (event, index) = (
                try arguments[ReceiptCommand.event], try arguments[ReceiptCommand.index]
            )
            guard (event == nil) != (index == nil) else {
                throw .usage("name the entry either by --event or by --index")
            }
            let database = try LedgerDatabase(arguments)
            let found =
                if let event {
                    try find(event, in: database, arguments)
                } else {
                    (try database.reader(arguments[Servers.partition] ?? 0), index ?? 0)
                }
            let (reader, place) = found
            let entry = try Servers.ledger { () throws(LedgerError) in try reader.entry(place) }
            guard let entry else {
                throw CommandError(
                    "postgres: there is no entry \(place) in partition \(reader.head.partition); it has "
                        + "\(reader.head.size)",
                    exitCode: .noInput
                )
            }
            let key = try database.key(nil, reader.head.partition).0
            try ReceiptCommand.make(
                of: place,
                entry,
                in: database.name,
                size: reader.head.size,
                reader.hashes,
                (try database.signedHead(reader, key), key),
                arguments,
                console
            )
            return .success
        }
    )

    /// The newest entry of an event, in the first partition that has one.
    ///
    /// It is found by a derived column, so its bytes have the last word.
    private static func find(
        _ event: String,
        in database: LedgerDatabase,
        _ arguments: Arguments
    ) throws(CommandError) -> (PostgresLedgerReader, Int) {
        let wanted = Array(event.utf8)
        for partition in try database.partitions(arguments) {
            let reader = try database.reader(partition)
            let place = try Servers.ledger { () throws(LedgerError) -> Int? in
                guard let place = try reader.index(ofEvent: event),
                    let bytes = try reader.entry(place), isEvent(wanted, bytes.span)
                else { return nil }
                return place
            }
            if let place { return (reader, place) }
        }
        throw CommandError(
            "postgres: there is no entry of an event '\(event)'",
            exitCode: .noInput
        )
    }

    private static let proveConsistency = Command(
        "prove-consistency",
        about: "Print the proof that a partition's ledger of one size extends that of another.",
        examples: [
            "caracal prove-consistency --postgres postgres://reader@db/ledger --from 10 --to 20"
        ],
        parameters: [
            Servers.postgres, Servers.partition, ProveConsistencyCommand.from,
            ProveConsistencyCommand.to,
        ],
        action: { arguments, console throws(CommandError) in
            let from = try arguments[ProveConsistencyCommand.from]
            guard from <= (try arguments[ProveConsistencyCommand.to]) else {
                throw .usage("--from must not be more than --to")
            }
            let database = try LedgerDatabase(arguments)
            let reader = try database.reader(arguments[Servers.partition] ?? 0)
            try ProveConsistencyCommand.prove(
                database.name,
                size: reader.head.size,
                reader.hashes,
                arguments,
                console
            ) { () throws(CommandError) in
                let key = try database.key(nil, reader.head.partition).0
                return try database.signedHead(reader, key).checkpoint
            }
            return .success
        }
    )

    private static let tiles = Command(
        "tiles",
        about: "Export a partition's ledger as C2SP tlog-tiles (0 unless told otherwise).",
        examples: ["caracal tiles --postgres postgres://reader@db/ledger --partition 3 /srv/log/3"],
        parameters: [Servers.postgres, Servers.partition, TilesCommand.out],
        action: { arguments, console throws(CommandError) in
            let database = try LedgerDatabase(arguments)
            let reader = try database.reader(arguments[Servers.partition] ?? 0)
            let key = try database.key(nil, reader.head.partition).0
            let head = try database.signedHead(reader, key)
            try TilesCommand.export(reader, of: database.name, head, key, arguments, console)
            return .success
        }
    )

    // MARK: Entries

    private static let entries = Command(
        "entries",
        about: "Print entries, a line each, partition by partition, in the order of their ledgers.",
        examples: ["caracal entries --postgres postgres://reader@db/ledger --agent agent-3"],
        parameters: [
            Servers.postgres, Servers.partition, EntriesCommand.agent, EntriesCommand.from,
            EntriesCommand.to, EntriesCommand.format,
        ],
        action: { arguments, console throws(CommandError) in
            let database = try LedgerDatabase(arguments)
            let partitions = try database.partitions(arguments)
            try await EntriesCommand.write(arguments, console) {
                filter,
                visit async throws(CommandError) in
                for partition in partitions {
                    let reader = try database.reader(partition)
                    try Servers.ledger { () throws(LedgerError) in
                        try reader.entries(
                            agent: filter.agentName,
                            times: (
                                filter.from.map { Int($0.nanoseconds) },
                                filter.to.map { Int($0.nanoseconds) }
                            )
                        ) { index, bytes in visit(index, bytes) }
                    }
                }
            }
            return .success
        }
    )
}
