import Assembly
import CommandLineInterface
import Events
import StreamsKafka

/// `caracal produce`: rows of a file onto a topic.
enum ProduceCommand {
    private static let topic = Parameter.option(
        "topic",
        .text("T"),
        help: "The topic of metering events."
    ).defaulting(to: "caracal.metering.events")

    static let command = Command(
        "produce",
        about: """
            Read rows, and produce their events onto a topic of Kafka, keyed by agent.

            A row that is no event is reported (exit code 65), the rest goes on. The same file again,
            after a crash or on purpose, produces the same records with the same numbers: the ledger
            takes none of them twice.
            """,
        examples: [
            "caracal produce trace.csv --kafka 127.0.0.1:9092",
            "caracal produce - --kafka broker:9092 --format ndjson --source producer",
        ],
        parameters: [
            RowInput.file, Servers.kafka, topic, RowInput.format,
            RowInput.agents, RowInput.pricebook, RowInput.source,
            Servers.config,
        ],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let path = try arguments[RowInput.file]
        let settings = try Servers.kafkaSettings(
            arguments[Servers.kafka],
            file: arguments[Servers.config],
            for: .producer
        )
        let shutdown = Shutdown()
        let input = try InputFile(path, wakeDescriptor: shutdown.wakeDescriptor)
        var head: [UInt8] = []
        guard try RowInput.readHead(of: input, into: &head) else { return .tryAgain }
        let format = try InputFormat.find(arguments[RowInput.format] ?? .auto, head, path)
        let source = try RowInput.sourceName(arguments, path)
        let decoder = try RowInput.makeDecoder(
            format,
            source: source,
            agents: try arguments[RowInput.agents] ?? 16,
            pricebook: try Pricebook.read(arguments[RowInput.pricebook])
        )
        let producer: KafkaProducer
        do {
            producer = try KafkaProducer(settings: settings)
        } catch {
            throw CommandError(error)
        }
        defer { producer.close() }
        let job = SourceProduce(
            to: producer,
            topic: try arguments[topic],
            source: source,
            rows: RowReader(format: format),
            decoder: decoder,
            report: { console.errors("\(path): \($0)") },
            meter: ProgressMeter("produce", unit: "rows", console)
        )
        let isComplete = try await job.run(head, input, shutdown)
        let counts = await job.counts
        try console.output(
            "read \(counts.read) appended \(counts.produced) already 0 dead \(counts.dead)"
        )
        if !isComplete {
            console.errors("cut short; the same command again produces the rest")
            return .tryAgain
        }
        return counts.dead > 0 ? .badData : .success
    }
}
