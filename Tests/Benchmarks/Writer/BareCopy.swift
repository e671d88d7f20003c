import Glibc
import StreamsPostgres

/// The rows of a ledger as the database gives them, to be copied into tables again: what the tables
/// alone cost.
struct BareCopy: Sendable {
    /// The data of one COPY each, by partition.
    private let batches: [[[UInt8]]]
    let count: Int
    private static let batchCount = 8_192

    /// Reads the rows of the ledgers at `url`.
    init(_ url: String) async throws {
        let database = try WriterDatabase(url)
        var batches: [[[UInt8]]] = []
        var count = 0
        for partition in 0..<4 {
            let (made, rows) = try await database.connection.perform {
                (session) throws(PostgresError) in
                try Self.read(partition, session)
            }
            batches.append(made)
            count += rows
        }
        await database.close()
        self.batches = batches
        self.count = count
    }

    private static func read(
        _ partition: Int,
        _ session: PostgresSession
    ) throws(PostgresError) -> ([[UInt8]], Int) {
        var batches: [[UInt8]] = []
        var batch: [UInt8] = []
        var head: [UInt8] = []
        var (inBatch, rows) = (0, 0)
        try session.copyOut(
            """
            COPY (SELECT \(PlainRows.columns) FROM caracal.entries WHERE partition = \(partition)
                ORDER BY index) TO STDOUT (FORMAT binary)
            """
        ) { piece in
            var start = 0
            if head.isEmpty {
                head = (0..<19).map { piece[$0] }
                start = 19
            }
            // What ends the data has no columns.
            guard piece.count - start > 2 else { return }
            if inBatch == 0 { batch = head }
            unsafe piece.extracting(droppingFirst: start)
                .withUnsafeBufferPointer { unsafe batch.append(contentsOf: $0) }
            inBatch += 1
            rows += 1
            if inBatch == batchCount {
                batches.append(batch + [0xff, 0xff])
                inBatch = 0
            }
        }
        if inBatch > 0 { batches.append(batch + [0xff, 0xff]) }
        return (batches, rows)
    }

    /// What a copy cost: seconds on the clock, and of PostgreSQL's CPU time.
    struct Cost: Sendable {
        var wall: Double
        var cpu: Double
    }

    /// Copies all into tables, over a connection a partition, 8,192 rows a transaction.
    func copy(
        into table: String,
        _ url: String,
        _ servers: WriterServers
    ) async throws -> Cost {
        let settings = try PostgresSettings(url: url)
        return try await Self.measure(servers) { partition in
            let connection = PostgresConnection(settings)
            let mine = batches[partition]
            try await connection.perform { (session) throws(PostgresError) in
                for batch in mine {
                    _ = try session.beginCopy(
                        "BEGIN; COPY \(table) (\(PlainRows.columns)) FROM STDIN (FORMAT binary)"
                    )
                    var start = 0
                    while start < batch.count {
                        let end = min(batch.count, start + 128 << 10)
                        try session.copy(batch.span.extracting(start..<end))
                        start = end
                    }
                    _ = try session.endCopy()
                    try session.commit()
                }
            }
            await connection.close()
        }
    }

    /// Reads payloads back as the product does, 8,192 at a time, a connection a partition.
    func readBack(_ url: String, _ servers: WriterServers) async throws -> Cost {
        let settings = try PostgresSettings(url: url)
        return try await Self.measure(servers) { partition in
            let connection = PostgresConnection(settings)
            let batchCount = batches[partition].count
            try await connection.perform { (session) throws(PostgresError) in
                for batch in 0..<batchCount {
                    let first = batch * Self.batchCount
                    try session.copyOut(
                        """
                        COPY (SELECT payload FROM caracal.entries WHERE partition = \(partition)
                            AND index >= \(first) AND index < \(first + Self.batchCount)
                            ORDER BY index) TO STDOUT (FORMAT binary)
                        """
                    ) { blackHole($0.count) }
                }
            }
            await connection.close()
        }
    }

    private static func measure(
        _ servers: WriterServers,
        _ body: @escaping @Sendable (_ partition: Int) async throws -> Void
    ) async throws -> Cost {
        let (wall, cpu) = (seconds(CLOCK_MONOTONIC), servers.postmaster.familyCPU)
        try await withThrowingDiscardingTaskGroup { group in
            for partition in 0..<4 { group.addTask { try await body(partition) } }
        }
        return Cost(
            wall: seconds(CLOCK_MONOTONIC) - wall,
            cpu: servers.postmaster.familyCPU - cpu
        )
    }
}
