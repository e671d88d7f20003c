import StreamsPostgres

/// A connection over which a benchmark looks at a database.
struct WriterDatabase: Sendable {
    let connection: PostgresConnection

    init(_ url: String) throws {
        var settings = try PostgresSettings(url: url)
        settings.statementTimeout = .seconds(120)
        connection = PostgresConnection(settings)
    }

    func execute(_ sql: String) async throws {
        try await connection.execute(sql)
    }

    func close() async {
        await connection.close()
    }

    /// The rows of a query, every value as a text.
    func rows(_ sql: String, columns: Int) async throws -> [[String]] {
        try await connection.perform { (session) throws(PostgresError) in
            let rows = try session.query(sql)
            return (0..<rows.count).map { row in
                (0..<columns).map { rows.text(row, $0) }
            }
        }
    }

    /// The only row of a query, every value a number.
    func numbers(_ sql: String, columns: Int) async throws -> [Double] {
        guard let row = try await rows(sql, columns: columns).first else {
            throw WriterFailure(description: "no row for \(sql)")
        }
        return row.map { Double($0) ?? 0 }
    }

    /// How many records the partitions' ledgers have taken.
    func taken() async throws -> Int {
        let sql = "SELECT coalesce(sum(next_offset), 0)::text FROM caracal.cursors"
        return Int(try await numbers(sql, columns: 1)[0])
    }

    /// When each transaction was committed, in seconds since 1970, and how many entries it has; in
    /// order of time.
    func commits() async throws -> [(time: Double, entries: Int)] {
        let sql = """
            SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::text, (size - coalesce(
                lag(size) OVER (PARTITION BY partition ORDER BY size), 0))::text
            FROM caracal.checkpoints ORDER BY 1
            """
        return try await rows(sql, columns: 2)
            .map { (Double($0[0]) ?? 0, Int($0[1]) ?? 0) }
            .sorted { $0.0 < $1.0 }
    }
}
