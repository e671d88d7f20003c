import CommandLineInterface
import Ledgers
import LedgersPostgres
import StreamsPostgres

/// `caracal migrate`: brings the schema of a database up.
enum MigrateCommand {
    static let command = Command(
        "migrate",
        about: """
            Bring the schema of ledgers in a database up to what this program needs.

            As a user who may make schemas and roles. Twice changes nothing; a newer schema is
            refused (65).
            """,
        examples: ["caracal migrate --postgres postgres://admin@db.example.com/ledger"],
        parameters: [Servers.postgres],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let session = try Servers.connect(arguments[Servers.postgres])
        defer { session.close() }
        try Servers.refuseNewer(session)
        let applied = try Servers.ledger { () throws(LedgerError) in
            try LedgerSchema.migrate(session)
        }
        for migration in applied { try console.output("\(migration.version) \(migration.name)") }
        if applied.isEmpty { console.errors("the schema is current, nothing was changed") }
        return .success
    }
}
