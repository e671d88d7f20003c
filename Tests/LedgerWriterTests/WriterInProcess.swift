import Checkpoints
import ConformanceKit
import Cryptography
import Events
import Foundation
import LedgerGraph
import Ledgers
import LedgersPostgres
import Streams
import StreamsPostgres
import Synchronization
import Telemetry
import Testing

@testable import ledger_writer

/// The parts of a `ledger-writer` in this process, over a real database and a log in memory, so that
/// the signer and the clock can be another.
final class WriterInProcess: Sendable {
    let url: String
    let log = InMemoryEventLog()
    let telemetry: WriterTelemetry
    let key: SignerKey
    private let lines: Lines
    private let store: PostgresLedgerStore

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    var text: String { lines.all.withLock { $0.joined(separator: "\n") } }

    /// - Parameter url: An empty database.
    /// - Throws: Why it cannot be used.
    init(_ url: String) async throws {
        self.url = url
        let lines = Lines()
        self.lines = lines
        telemetry = WriterTelemetry(
            Log(minimum: .debug, sink: LineSink { line in lines.all.withLock { $0.append(line) } })
            {
                0
            }
        ) { _ in }
        for part in [Health.Part.kafka, .database] { telemetry.health.report(part, .ready) }
        key = try SignerKey.generate(name: "test/log")
        let migrated = try Programs.run("caracal", "migrate", "--postgres", url)
        try #require(migrated.code == 0)
        store = PostgresLedgerStore(try PostgresSettings(url: url))
        try await store.establish(
            LedgerIdentity(origin: "test/log", verifierKey: key.verifierKey.text)
        )
    }

    /// Runs the service while `body` does something, and has it drain then.
    func run(
        _ clock: GraphClock,
        wallNow: @escaping @Sendable () -> Int64,
        sign: @escaping TreeHeadSigner,
        _ body: () async throws -> Void
    ) async throws {
        let drain = DrainSwitch()
        let runtime = Runtime(clock: clock, wallNow: wallNow, random: { 0 }, drain: drain)
        let telemetry = telemetry
        let service = LedgerService(
            log: AnnouncedLog(log.join(holding: [0])) {
                telemetry.changed($0)
            } beforeRelease: { _ in
            },
            store: ObservedStore(store, clock: clock) {
                telemetry.claimed($0, $1)
            } sealed: {
                telemetry.sealed($0)
            },
            sign: sign,
            runtime: runtime,
            options: LedgerPipeline.Options(
                lanes: 1,
                batchCount: 100,
                batchWait: .milliseconds(20)
            ),
            input: .json(defaultKind: .metering),
            onFailure: { telemetry.failed($0, $1) },
            observe: { telemetry.observe($0) }
        )
        let running = Task { try await service.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        drain.request()
        try await running.value
        await store.close()
    }

    /// Signs as the service does, by the signer at hand.
    func signer(
        _ isAway: @escaping @Sendable () -> Bool = { false }
    ) -> TreeHeadSigner {
        { [key] partition, size, root async throws(LedgerError) in
            let own: SignerKey
            do throws(KeyError) {
                own = try key.renamed("\(key.name)/\(partition)")
            } catch {
                throw .signingFailed(reason: "\(error)")
            }
            let checkpoint = Checkpoint(origin: own.name, size: size, root: root)
            do throws(SigningError) {
                return isAway()
                    ? try await SignedCheckpoint.sign(
                        checkpoint,
                        with: FailingSigner(for: own.verifierKey)
                    ).bytes
                    : try await SignedCheckpoint.sign(checkpoint, with: Ed25519Signer(own)).bytes
            } catch {
                throw .signingFailed(reason: "\(error)")
            }
        }
    }

    func append(_ numbers: Range<Int>) async throws {
        let records = LedgerSample.records(
            numbers.map { Stack.event($0) },
            from: numbers.lowerBound
        )
        _ = try await log.append(records.elements, in: records.bytes, to: 0)
    }

    /// The first value of a query's only row, over a connection of its own.
    func number(_ sql: String) async throws -> Int {
        let connection = PostgresConnection(try PostgresSettings(url: url))
        let number = try await connection.perform { session throws(PostgresError) in
            try session.query(sql).integer(0, 0) ?? 0
        }
        await connection.close()
        return number
    }

    /// The value of a metric.
    func metric(_ name: String) -> Double {
        let text = telemetry.metrics.exposition
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) } ?? -1
    }

    func wait(for what: Comment, _ condition: () async throws -> Bool) async throws {
        let end = Date(timeIntervalSinceNow: 30)
        while try await !condition() {
            try #require(Date.now < end, "\(what): \(text.suffix(2_000))")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
