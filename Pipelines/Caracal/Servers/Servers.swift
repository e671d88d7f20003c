import CommandLineInterface
import Glibc
import Ledgers
import LedgersPostgres
import Settings
import StreamsEmbedded
import StreamsKafka
import StreamsPostgres

/// How commands reach a database and a Kafka.
enum Servers {
    static let postgres = Parameter.option(
        "postgres",
        .text("URL"),
        help: "The database: postgres://user@host:port/name?sslmode=verify-full"
    )
    static let partition = Parameter.option(
        "partition",
        .wholeNumber(in: 0...Int(Int32.max)),
        help: "The topic's partition whose ledger is meant."
    ).optional
    static let kafka = Parameter.option(
        "kafka",
        .text("SERVERS"),
        help: "Brokers: host:port, several with commas between."
    )
    static let config = Parameter.option(
        "config",
        .path(),
        help: "More of the client's settings, a line 'kafka.NAME = value' each."
    ).optional

    /// Connects to the database.
    ///
    /// - Throws: ``CommandError``: usage for a malformed URL, `unavailable`, `notPermitted`.
    static func connect(_ url: String) throws(CommandError) -> PostgresSession {
        let settings: PostgresSettings
        do {
            settings = try PostgresSettings(url: url)
        } catch {
            throw .usage("--postgres: \(error)")
        }
        do {
            return try PostgresSession(settings)
        } catch {
            throw CommandError(error)
        }
    }

    /// The settings of a client of Kafka.
    ///
    /// - Parameters:
    ///   - servers: The brokers.
    ///   - path: A file with more settings, if there is one.
    ///   - role: What the client is for.
    /// - Returns: Settings out of the words, the environment and the file, in this order.
    /// - Throws: ``CommandError`` with `badSettings` and a line for each problem.
    static func kafkaSettings(
        _ servers: String,
        file path: String?,
        for role: KafkaRole
    ) throws(CommandError) -> KafkaSettings {
        let word = (key: "kafka.bootstrap.servers", text: servers, word: "--kafka")
        var sources = [
            SettingsSource.commandLine([word]),
            .environment(variables(), prefix: "CARACAL_"),
        ]
        if let path {
            let contents = try reading { () throws(FileError) in
                try Folder.contents(of: path, limit: 1 << 20)
            }
            sources.append(.file(String(decoding: contents, as: UTF8.self), path: path))
        }
        var reader = SettingsReader(sources)
        let properties = reader.texts(
            under: "kafka.",
            known: KafkaSettings.names,
            secrets: KafkaSettings.secretNames
        )
        do {
            try reader.finish()
        } catch {
            throw CommandError("bad settings\n\(error)", exitCode: .badSettings)
        }
        do {
            return try KafkaSettings(properties, for: role)
        } catch {
            let problems = error.problems.map { "kafka.\($0)" }.joined(separator: "\n")
            throw CommandError("bad settings\n\(problems)", exitCode: .badSettings)
        }
    }

    private static func variables() -> [String: String] {
        KafkaSettings.names.reduce(into: [:]) { variables, name in
            let name = SettingsSource.variableName(of: "kafka.\(name)", prefix: "CARACAL_")
            if let text = unsafe getenv(name) { variables[name] = unsafe String(cString: text) }
        }
    }

    /// Throws if the schema is of a version that this program does not know.
    static func refuseNewer(_ session: PostgresSession) throws(CommandError) {
        let state: LedgerSchema.State
        do {
            state = try LedgerSchema.state(session)
        } catch {
            throw CommandError(error)
        }
        guard case .newer(let version) = state else { return }
        throw CommandError(
            "postgres: the schema has version \(version), and this program knows "
                + "\(LedgerSchema.version): use a newer one; nothing was changed",
            exitCode: .badData
        )
    }

    /// Runs `body`, and throws what a ledger's failure means for a command.
    static func ledger<Value>(
        _ body: () throws(LedgerError) -> Value
    ) throws(CommandError) -> Value {
        do throws(LedgerError) {
            return try body()
        } catch {
            throw CommandError(ledger: error)
        }
    }
}

extension CommandError {
    /// Why a database did not do what it was asked.
    init(_ error: PostgresError) {
        let exitCode: ExitCode =
            switch (error.sqlState.prefix(2), error.kind) {
            case ("28", _), ("42", _): .notPermitted
            case ("3D", _): .noInput
            case (_, .readOnlyOrFull): .ioError
            case (_, .retryable), (_, .unavailable), (_, .inDoubt): .unavailable
            case (_, .permanent): .badData
            }
        self.init("postgres: \(error)", exitCode: exitCode)
    }

    /// Why a ledger in a database could not be read.
    init(ledger error: LedgerError) {
        let (reason, exitCode): (String, ExitCode) =
            switch error {
            case .unavailable(let reason), .inDoubt(let reason): (reason, .unavailable)
            case .notWritable(let reason): (reason, .notPermitted)
            case .unusable(let reason): (reason, .badSettings)
            case .damaged(let reason), .refused(let reason): (reason, .badData)
            case .signingFailed(let reason): (reason, .notPermitted)
            case .verificationFailed(let index): ("entry \(index) is not as written", .badData)
            case .fenced: ("another owner has taken over", .tryAgain)
            }
        self.init("postgres: \(reason)", exitCode: exitCode)
    }

    /// Why a client of Kafka did not do what it was asked.
    init(_ error: KafkaError) {
        let exitCode: ExitCode =
            switch error.kind {
            case .notAuthenticated, .notPermitted: .notPermitted
            case .unknownTopic: .noInput
            case .unreachable, .timedOut: .unavailable
            case .badSettings: .badSettings
            case .fenced: .tryAgain
            case .recordTooLarge: .badData
            case .alreadyExists, .other: .ioError
            }
        self.init("kafka: \(error)", exitCode: exitCode)
    }
}
