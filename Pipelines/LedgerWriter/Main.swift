import Assembly
import CommandLineInterface
import Settings
import StreamsEmbedded

/// The service `ledger-writer`: from a topic of events to signed ledgers in a database.
@main
enum Main {
    private static let config = Parameter.option(
        "config",
        .path(),
        help: "Settings, a line 'key = value' each."
    ).optional
    private static let set = Parameter.option(
        "set",
        .setting,
        help: "One setting; goes before the environment (CARACAL_…) and the file."
    ).repeated

    static let command = Command(
        "ledger-writer",
        about: """
            Commit the events of a Kafka topic to signed Merkle ledgers in PostgreSQL, exactly once.

            Runs until SIGTERM, which drains: what has been read is committed, and the group is left
            at once. Any number of replicas share the topic's partitions. Metrics and health are at
            metrics.port. Exits 78 for bad settings, 69 if a server is not there in time.

            Settings: kafka.bootstrap.servers, kafka.topic, kafka.group.id and any other property of
            a Kafka client under 'kafka.'; postgres.url, postgres.password-file, postgres.migrate;
            ledger.origin, ledger.signing-key-file; batch.count (8192), batch.bytes (8 MiB),
            batch.wait (20 ms; ten times as long while records stream in); metrics.port (9090);
            start.deadline (60 s), drain.deadline (25 s).
            """,
        examples: [
            "ledger-writer --config writer.conf",
            "ledger-writer --config writer.conf --set batch.wait='5 ms' --set metrics.port=0",
            "CARACAL_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 ledger-writer --config writer.conf",
        ],
        parameters: [config, set],
        action: run
    )

    static func main() async {
        await command.runAndExit()
    }

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let given = try arguments[set]
        var sources = [
            SettingsSource.commandLine(
                given.map { (key: $0.key, text: $0.text, word: "--set") }
            ),
            .environment(WriterSettings.variables(), prefix: "CARACAL_"),
        ]
        if let path = try arguments[config] {
            do {
                let bytes = try Folder.contents(of: path, limit: 1 << 20)
                sources.append(.file(String(decoding: bytes, as: UTF8.self), path: path))
            } catch {
                throw CommandError("\(error)", exitCode: .noInput)
            }
        }
        let settings: WriterSettings
        do {
            settings = try WriterSettings(sources)
        } catch {
            throw CommandError("bad settings\n\(error)", exitCode: .badSettings)
        }
        return try await Writer(settings, console).run()
    }
}

/// A setting given as a word.
struct GivenSetting: Sendable {
    let key: String
    let text: String
}

extension ValueFormat<GivenSetting> {
    /// `KEY=VALUE`.
    fileprivate static var setting: Self {
        Self("KEY=VALUE", "a setting such as 'batch.wait=5 ms'") { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            return GivenSetting(key: String(parts[0]), text: String(parts[1]))
        }
    }
}
