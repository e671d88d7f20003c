import Events
import Glibc
import LedgerGraph
import Ledgers
import Streams
import StreamsKafka
import StreamsPostgres

/// A writer on the same adapters, framework, batches and table as `ledger-writer` that only copies:
/// no tree, no offsets, nothing read back, no signature.
struct PlainWriter: Sendable {
    let servers: WriterServers
    let topic: String
    let count: Int

    /// Copies the batches of one partition, each in a transaction.
    private struct Table: Sink {
        let partition: Int
        let connection: PostgresConnection
        var next = 0

        mutating func write(_ chunk: Chunk<Batch<LedgerEntry>>) async throws {
            let (partition, connection) = (partition, connection)
            for batch in chunk.elements {
                let first = next
                next += batch.count
                try await connection.perform { (session) throws(PostgresError) in
                    try Self.copy(batch, from: first, of: partition, session)
                }
            }
        }

        private static func copy(
            _ batch: Batch<LedgerEntry>,
            from first: Int,
            of partition: Int,
            _ session: PostgresSession
        ) throws(PostgresError) {
            let rows = PlainRows()
            var index = first
            _ = try session.beginCopy(
                "BEGIN; COPY caracal.entries (\(PlainRows.columns)) FROM STDIN (FORMAT binary)"
            )
            rows.begin()
            for part in batch.parts {
                let bytes = part.bytes
                for entry in part.elements {
                    do throws(EventError) {
                        try rows.append(entry, index: index, partition: partition, bytes.span)
                    } catch {
                        throw PostgresError(.permanent, "\(error)")
                    }
                    index += 1
                    if rows.isWorthSending { try rows.take(session.copy) }
                }
            }
            rows.end()
            try rows.take(session.copy)
            _ = try session.endCopy()
            try session.commit()
        }
    }

    /// Runs until `count` rows are in a database of its own; process and client are this one's.
    func run() async throws -> WriterRun {
        let url = try await servers.makeLedgers()
        let database = try WriterDatabase(url)
        let settings = try PostgresSettings(url: url)
        try await database.execute(
            "SELECT caracal.extend_entries(p, 0) FROM generate_series(0, 3) p"
        )
        let kafka = try KafkaSettings(
            ["bootstrap.servers": servers.bootstrap, "group.id": "plain-\(url.suffix(10))"],
            for: .consumer
        )
        let cpuStart = seconds(CLOCK_PROCESS_CPUTIME_ID)
        let (broker, server) = (servers.broker.cpu, servers.postmaster.familyCPU)
        let log = try KafkaEventLog(topic: topic, settings: kafka)
        var partitions: [Int] = []
        while partitions.count < 4 {
            guard case .assigned(let more) = try await log.nextChange() else { break }
            partitions += more
        }
        let held = partitions
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in held {
                group.addTask { try await write(partition, log, settings) }
            }
            while try await written(database) < count {
                try await Task.sleep(for: .milliseconds(100))
            }
            group.cancelAll()
            while let ended = await group.nextResult() {
                guard case .failure(let error) = ended, !(error is CancellationError) else {
                    continue
                }
                report("plain writer: \(error)")
            }
        }
        let millions = Double(count) / 1e6
        var run = WriterRun()
        run.cpu = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpuStart) / millions
        run.postgresCPU = (servers.postmaster.familyCPU - server) / millions
        run.brokerCPU = (servers.broker.cpu - broker) / millions
        await log.close()
        let commits = try await database.rows(
            """
            SELECT extract(epoch FROM time)::text, count(*)::text FROM
                (SELECT pg_xact_commit_timestamp(xmin) AS time FROM caracal.entries) AS rows
            GROUP BY time
            """,
            columns: 2
        )
        run.rate = WriterRun.rate(
            commits.map { (Double($0[0]) ?? 0, Int($0[1]) ?? 0) }.sorted { $0.0 < $1.0 }
        )
        run.batch = Double(count) / Double(max(1, commits.count))
        await database.close()
        try await servers.dropDatabase(url)
        return run
    }

    /// About how many rows there are, at little cost: what the tables' sizes tell.
    private func written(_ database: WriterDatabase) async throws -> Int {
        let sql = """
            SELECT coalesce(sum(next), 0)::text FROM generate_series(0, 3) AS p, LATERAL (
                SELECT max(index) + 1 AS next FROM caracal.entries WHERE partition = p) AS ends
            """
        return Int(try await database.numbers(sql, columns: 1)[0])
    }

    private func write(
        _ partition: Int,
        _ log: KafkaEventLog,
        _ settings: PostgresSettings
    ) async throws {
        let reader = try await log.reader(of: partition, from: 0)
        let connection = PostgresConnection(settings)
        let options = LedgerPipeline.Options(batchCount: 8_192, batchWait: .milliseconds(20))
        let window = Window(chunk: 4_096, chunks: 4, bytes: 6 << 20)
        let limits = BatchLimits(
            count: options.batchCount,
            bytes: options.batchBytes,
            heldBytes: 32 << 20,
            elapsed: options.batchWait,
            wholeChunks: true
        )
        let graph = Blueprint("plain") { graph in
            graph.source("ingest") { reader }
                .parallel("prepare", lanes: 2, window: window) { lane in
                    lane.rewrite("decode", with: { EventJSON(defaultKind: .metering) }) {
                        tool,
                        record,
                        bytes,
                        arena throws(EventError) in
                        let keys = try tool.canonicalize(
                            bytes.extracting(record.range),
                            into: &arena
                        )
                        let made = LogRecord(
                            offset: record.offset,
                            start: keys.range.start,
                            count: keys.range.count
                        )
                        return LedgerEntry(made, eventID: keys.eventID.range)
                    }
                    .skip("refuse") { _ in }
                }
                .boundary(window)
                .batch("batch", limits, size: { Int($0.count) })
                .boundary(Window(chunk: 1, chunks: 2))
                .sink("copy") { _ in Table(partition: partition, connection: connection) }
        }
        try await graph.run(.declared, on: .measured(chunk: options.chunkLimit.elements))
        await connection.close()
    }
}
