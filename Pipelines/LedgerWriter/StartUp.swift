import CommandLineInterface
import Ledgers
import LedgersPostgres
import Streams
import StreamsKafka
import StreamsPostgres
import Telemetry

/// What has to hold before a `ledger-writer` joins its group: the database with its schema, and the
/// topic.
///
/// A server that is not there is tried again, until the start deadline.
struct StartUp: Sendable {
    private let settings: WriterSettings
    private let database: PostgresSettings
    private let telemetry: WriterTelemetry
    private let runtime: Runtime
    private let identity: LedgerIdentity

    init(
        _ settings: WriterSettings,
        _ database: PostgresSettings,
        _ identity: LedgerIdentity,
        _ telemetry: WriterTelemetry,
        _ runtime: Runtime
    ) {
        self.settings = settings
        self.database = database
        self.identity = identity
        self.telemetry = telemetry
        self.runtime = runtime
    }

    /// Why a step has not succeeded.
    private enum Obstacle: Error {
        /// It may succeed later.
        case passing(Health.Part, String)
        case lasting(CommandError)
    }

    /// Waits until everything is there.
    ///
    /// - Returns: Whether it is; not if the process is to end first.
    /// - Throws: ``CommandError``: `badSettings` for a schema or a topic that is missing, `badData` for
    ///   a newer schema, `notPermitted`, or `unavailable` after the deadline.
    func run() async throws(CommandError) -> Bool {
        let deadline = runtime.clock.now() + settings.startDeadline
        guard try await retry(until: deadline, checkDatabase) else { return false }
        telemetry.health.report(.database, .ready)
        guard try await retry(until: deadline, checkTopic) else { return false }
        telemetry.health.report(.kafka, .ready)
        return true
    }

    private func retry(
        until deadline: Duration,
        _ step: () async throws(Obstacle) -> Void
    ) async throws(CommandError) -> Bool {
        var pause = Duration.milliseconds(100)
        while !runtime.drain.isRequested {
            do throws(Obstacle) {
                try await step()
                return true
            } catch {
                switch error {
                case .lasting(let error): throw error
                case .passing(let part, let reason):
                    telemetry.health.report(part, .notReady(reason))
                    telemetry.log.write(.warning, "not ready", [.reason: .text(reason)])
                    if runtime.clock.now() + pause >= deadline {
                        throw CommandError(
                            "\(reason); given up after start.deadline",
                            exitCode: .unavailable
                        )
                    }
                }
            }
            do {
                try await runtime.clock.sleep(runtime.clock.now() + pause)
            } catch {
                return false
            }
            pause = min(pause * 2, .seconds(2))
        }
        return false
    }

    // MARK: The database

    /// What there is in a database that can be reached.
    private enum Finding: Sendable {
        case schema(LedgerSchema.State)
        /// It has ledgers of this origin, and another public key.
        case anotherKey(origin: String)

        /// Why the service cannot work with it.
        var refusal: CommandError? {
            switch self {
            case .schema(.current): nil
            case .schema(.missing):
                CommandError(
                    "postgres.url: the database has no schema of ledgers: run 'caracal migrate'",
                    exitCode: .badSettings
                )
            case .schema(.older(let version)):
                CommandError(
                    "postgres.url: the schema has version \(version), and \(LedgerSchema.version) "
                        + "is needed: run 'caracal migrate'",
                    exitCode: .badSettings
                )
            case .schema(.newer(let version)):
                CommandError(
                    "postgres.url: the schema has version \(version), and this program knows "
                        + "\(LedgerSchema.version): use a newer one",
                    exitCode: .badData
                )
            case .anotherKey(let origin):
                CommandError(
                    "ledger.signing-key-file: the ledgers of \(origin) in the database were signed "
                        + "with another key",
                    exitCode: .notPermitted
                )
            }
        }
    }

    private static let notGranted = PostgresError(
        .permanent,
        "this user may not write ledgers: grant it the role caracal_writer",
        sqlState: "42501"
    )

    private func checkDatabase() async throws(Obstacle) {
        var settings = database
        settings.connectTimeout = min(settings.connectTimeout, self.settings.startDeadline)
        let connection = PostgresConnection(settings)
        let (migrates, identity) = (self.settings.migrates, identity)
        let outcome: Result<Finding, LedgerError>
        do throws(PostgresError) {
            outcome = try await connection.perform { (session) throws(PostgresError) in
                if migrates {
                    let migrated = Result { () throws(LedgerError) in
                        try LedgerSchema.migrate(session)
                    }
                    if case .failure(let error) = migrated { return .failure(error) }
                }
                let state = try LedgerSchema.state(session)
                guard state == .current else { return .success(.schema(state)) }
                guard try LedgerSchema.mayWrite(session) else { throw Self.notGranted }
                return Result { () throws(LedgerError) in
                    if let stored = try LedgerIdentity.read(session), stored != identity,
                        stored.origin == identity.origin
                    {
                        return .anotherKey(origin: identity.origin)
                    }
                    try identity.establish(session)
                    return .schema(state)
                }
            }
        } catch {
            await connection.close()
            throw Self.obstacle(error)
        }
        await connection.close()
        switch outcome {
        case .success(let finding):
            if let refusal = finding.refusal { throw .lasting(refusal) }
        case .failure(let error):
            let reason = FailurePolicy.explanation(of: error)
            if error.isRetriable { throw .passing(.database, reason) }
            throw .lasting(CommandError("postgres.url: \(reason)", exitCode: .badSettings))
        }
    }

    private static func obstacle(_ error: PostgresError) -> Obstacle {
        switch error.sqlState.prefix(2) {
        case "28", "42":
            .lasting(CommandError("postgres: \(error)", exitCode: .notPermitted))
        case "3D":
            .lasting(CommandError("postgres.url: \(error)", exitCode: .badSettings))
        default:
            .passing(.database, "postgres: \(error)")
        }
    }

    // MARK: The topic

    private func checkTopic() async throws(Obstacle) {
        let topic = settings.topic
        do {
            let admin = try KafkaAdmin(
                settings: settings.kafka.adapted(to: .admin),
                timeout: .seconds(5)
            ) { event in telemetry.observe(event) }
            _ = try await admin.partitionCount(of: topic)
        } catch let error as KafkaError {
            switch error.kind {
            case .unknownTopic:
                throw .lasting(
                    CommandError(
                        "kafka.topic: there is no topic '\(topic)': run 'caracal topics create'",
                        exitCode: .badSettings
                    )
                )
            case .notAuthenticated, .notPermitted:
                throw .lasting(CommandError("kafka: \(error)", exitCode: .notPermitted))
            case .badSettings:
                throw .lasting(CommandError("kafka: \(error)", exitCode: .badSettings))
            default:
                throw .passing(.kafka, "kafka: \(error)")
            }
        } catch {
            throw .lasting(CommandError("kafka: \(error)", exitCode: .badSettings))
        }
    }
}
