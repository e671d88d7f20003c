import CommandLineInterface
import StreamsKafka

/// `caracal topics create`: the topics that the services need.
enum TopicsCommand {
    /// The topics of events, and that of dead letters.
    private static let names = [
        "caracal.metering.events", "caracal.policy.decisions", "caracal.agent.lifecycle",
        "caracal.policy.changes", "caracal.dlq",
    ]

    private static let partitions = Parameter.option(
        "partitions",
        .wholeNumber(in: 1...10_000),
        help: "Partitions of each topic."
    ).defaulting(to: 4)
    private static let replication = Parameter.option(
        "replication",
        .wholeNumber(in: 1...100),
        help: "Replicas of each partition."
    ).optional(default: "the broker's own")

    static let command = Command(
        "topics",
        about: "The topics that the services read and write.",
        examples: ["caracal topics create --kafka 127.0.0.1:9092"],
        subcommands: [create]
    )

    private static let create = Command(
        "create",
        about: """
            Make the topics of the services.

            Those that exist stay as they are.
            """,
        examples: ["caracal topics create --kafka broker:9092 --partitions 8 --replication 3"],
        parameters: [Servers.kafka, partitions, replication, Servers.config],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let settings = try Servers.kafkaSettings(
            arguments[Servers.kafka],
            file: arguments[Servers.config],
            for: .admin
        )
        let (partitions, replication) = (try arguments[partitions], try arguments[replication])
        let topics = names.map {
            KafkaTopic($0, partitions: partitions, replication: replication ?? -1)
        }
        let outcomes: [String: KafkaTopic.Outcome]
        do {
            outcomes = try await KafkaAdmin(settings: settings).create(topics)
        } catch {
            throw CommandError(error)
        }
        var exitCode = ExitCode.success
        for name in names {
            switch outcomes[name] {
            case .created: try console.output("\(name): made")
            case .alreadyThere: try console.output("\(name): already there")
            case .refused(let error):
                try console.output("\(name): refused: \(error)")
                exitCode = CommandError(error).exitCode
            case nil: exitCode = .ioError
            }
        }
        return exitCode
    }
}
