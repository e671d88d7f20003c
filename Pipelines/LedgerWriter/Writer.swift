import Assembly
import Checkpoints
import Events
import CommandLineInterface
import HTTPServing
import LedgerGraph
import Ledgers
import LedgersPostgres
import Settings
import Streams
import StreamsEmbedded
import StreamsKafka
import StreamsPostgres
import Synchronization
import Telemetry

/// One life of a `ledger-writer`: waits for its servers, writes until it is to drain, and leaves.
struct Writer: Sendable {
    private let settings: WriterSettings
    private let console: Console
    private let shutdown = Shutdown()

    init(_ settings: WriterSettings, _ console: Console) {
        self.settings = settings
        self.console = console
    }

    func run() async throws(CommandError) -> ExitCode {
        let key = try readKey()
        let database = try readDatabase()
        let port = Mutex<UInt16>(0)
        let log = Log(
            // Whoever asks the client of Kafka for its inner life wants to read it.
            minimum: settings.kafka.given["debug"] == nil ? .info : .debug,
            sink: LineSink { [console] line in console.errors(line) },
            now: wallClock
        )
        let telemetry = WriterTelemetry(log) { [console] partitions in
            let list = partitions.map { "\($0)" }.joined(separator: ",")
            console.errors("ready metrics=\(port.withLock { $0 }) partitions=\(list)")
        }
        for setting in settings.effective {
            log.write(.info, "setting", [.setting: .text(setting)])
        }
        log.write(
            .info,
            "kafka client",
            [.reason: .text("librdkafka \(KafkaEventLog.libraryVersion)")]
        )
        let runtime = Runtime.live(drain: shutdown.drain)
        let events = Mutex<KafkaEventLog?>(nil)
        let server = try startEndpoint(telemetry, database.connectionCount) { partition in
            events.withLock { $0 }?.end(of: partition)
        }
        port.withLock { $0 = server.port }
        let identity = LedgerIdentity(
            origin: settings.origin,
            verifierKey: key.verifierKey.text
        )
        let start = StartUp(settings, database, identity, telemetry, runtime)
        guard try await start.run() else { return .success }
        let member: KafkaEventLog
        do {
            member = try KafkaEventLog(topic: settings.topic, settings: settings.kafka) { event in
                telemetry.observe(event)
            }
        } catch {
            throw CommandError("kafka: \(error)", exitCode: .badSettings)
        }
        events.withLock { $0 = member }
        let result = await serve(member, database, key, telemetry, runtime)
        await server.stop()
        try result.get()
        log.write(.info, "drained")
        return .success
    }

    // MARK: What has to be there

    private func readKey() throws(CommandError) -> SignerKey {
        let path = settings.keyFile
        let key: SignerKey
        do {
            let bytes = try Folder.contents(of: path, limit: 4_096)
            let text = String(decoding: bytes, as: UTF8.self)
            key = try SignerKey(parsing: text.hasSuffix("\n") ? String(text.dropLast()) : text)
        } catch {
            throw CommandError(
                "ledger.signing-key-file: \(path): \(error); 'caracal keygen' makes one",
                exitCode: .notPermitted
            )
        }
        guard key.name == settings.origin else {
            throw CommandError(
                "ledger.origin: '\(settings.origin)' is not the name of the key in \(path), "
                    + "'\(key.name)'",
                exitCode: .badSettings
            )
        }
        return key
    }

    private func readDatabase() throws(CommandError) -> PostgresSettings {
        var database = settings.database
        database.applicationName = "ledger-writer"
        database.connectionCount = PostgresConnectionCount()
        if let path = settings.databasePasswordFile {
            do {
                let bytes = try Folder.contents(of: path, limit: 4_096)
                database.setPassword(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw CommandError("postgres.password-file: \(error)", exitCode: .noInput)
            }
        }
        return database
    }

    private func startEndpoint(
        _ telemetry: WriterTelemetry,
        _ connections: PostgresConnectionCount?,
        end: @escaping @Sendable (_ partition: Int) -> Int?
    ) throws(CommandError) -> HTTPServer {
        let endpoint = MetricsEndpoint(metrics: telemetry.metrics, health: telemetry.health) {
            telemetry.refresh(connections: connections?.value ?? 0, end: end)
        }
        do {
            return try endpoint.start(
                host: "0.0.0.0",
                port: UInt16(clamping: settings.metricsPort)
            )
        } catch {
            throw CommandError(
                "metrics.port: cannot listen on \(settings.metricsPort): \(error)",
                exitCode: .cannotCreate
            )
        }
    }

    // MARK: Work

    private func serve(
        _ member: KafkaEventLog,
        _ database: PostgresSettings,
        _ key: SignerKey,
        _ telemetry: WriterTelemetry,
        _ runtime: Runtime
    ) async -> Result<Void, CommandError> {
        var options = PostgresLedgerStore.Options()
        options.topic = settings.topic
        options.topicID = { () throws(LedgerError) in
            do throws(KafkaError) {
                return try await member.topicID()
            } catch {
                throw .unavailable(reason: "\(error)")
            }
        }
        let store = PostgresLedgerStore(database, options: options)
        let log = AnnouncedLog(member) { change in
            telemetry.changed(change)
        } beforeRelease: { partitions in
            for partition in partitions { await store.release(partition) }
        }
        let outbox = DeadLetterOutbox(settings, database, telemetry, runtime)
        let origin = settings.origin
        let service = LedgerService(
            log: log,
            store: ObservedStore(
                store,
                clock: runtime.clock,
                claimed: { partition, cursor in telemetry.claimed(partition, cursor) },
                sealed: { elapsed in telemetry.sealed(elapsed) }
            ),
            sign: treeHeadSigner(key) { partition in "\(origin)/\(partition)" },
            runtime: runtime,
            options: settings.pipeline,
            input: .json(defaultKind: .metering),
            drainDeadline: settings.drainDeadline,
            onFailure: { partition, error in telemetry.failed(partition, error) },
            observe: { event in
                telemetry.observe(event)
                outbox.observe(event)
            }
        )
        // The outbox runs for as long as the service does, and its end is not the service's.
        let failure: (any Error)? = await withDiscardingTaskGroup { group in
            group.addTask { await outbox.run() }
            defer { group.cancelAll() }
            do {
                try await service.run()
                return nil
            } catch {
                return error
            }
        }
        await store.close()
        guard let failure else { return .success(()) }
        return .failure(Self.commandError(failure))
    }

    private static func commandError(_ failure: any Error) -> CommandError {
        let text = FailurePolicy.explanation(of: failure)
        switch FailurePolicy.cause(of: failure) {
        case let error as KafkaError:
            switch error.kind {
            case .notAuthenticated, .notPermitted:
                return CommandError(text, exitCode: .notPermitted)
            case .unreachable, .timedOut: return CommandError(text, exitCode: .unavailable)
            case .fenced: return CommandError(text, exitCode: .tryAgain)
            default: return CommandError(text, exitCode: .ioError)
            }
        case LedgerError.damaged, LedgerError.unusable:
            return CommandError(text, exitCode: .badData)
        default: return CommandError(text, exitCode: .ioError)
        }
    }
}
