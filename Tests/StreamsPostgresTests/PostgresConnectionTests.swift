import ConformanceKit
import StreamsPostgres
import Testing

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct PostgresConnectionTests {
    /// Runs `body` with a connection to a new database that has a table of numbers.
    private func withConnection(
        _ change: (inout PostgresSettings) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        try await PostgresServer.withDatabase { url in
            var settings = try PostgresSettings(url: url)
            change(&settings)
            let connection = PostgresConnection(settings)
            try await connection.execute("CREATE TABLE t (n bigint PRIMARY KEY CHECK (n < 100))")
            try await body(connection)
            await connection.close()
        }
    }

    private func numbers(_ connection: PostgresConnection) async throws -> [Int] {
        try await connection.perform { session throws(PostgresError) in
            let rows = try session.query("SELECT n FROM t ORDER BY n")
            return (0..<rows.count).compactMap { rows.integer($0, 0) }
        }
    }

    @Test func bringsEveryTypeThereAndBack() async throws {
        try await withConnection { connection in
            try await connection.perform { session throws(PostgresError) in
                let bytes = Array(UInt8.min...UInt8.max)
                let rows = try session.query(
                    """
                    SELECT $1, $2, $3, $4, $5::text, $6[2], $7[1], $8[3], cardinality($9::bigint[]),
                        (-7)::smallint
                    """,
                    [
                        .integer(.min), .bool(true), .text("'; é\u{1F4B8}"), .bytes(bytes), .null,
                        .integers([1, .max]), .byteStrings([bytes]), .texts(["a", "", "c"]),
                        .integers([]),
                    ]
                )
                #expect(rows.count == 1)
                #expect(rows.integer(0, 0) == .min)
                #expect(rows.bool(0, 1))
                #expect(rows.text(0, 2) == "'; é\u{1F4B8}")
                #expect(rows.bytes(0, 3) == bytes)
                #expect(rows.isNull(0, 4))
                #expect(rows.integer(0, 4) == nil)
                #expect(rows.integer(0, 5) == .max)
                #expect(rows.bytes(0, 6) == bytes)
                #expect(rows.text(0, 7) == "c")
                #expect(rows.integer(0, 8) == 0)
                #expect(rows.integer(0, 9) == -7)
            }
        }
    }

    @Test func copiesInPiecesOfAnySize() async throws {
        try await withConnection { connection in
            try await connection.execute("CREATE TABLE b (n bigint, bytes bytea)")
            let count = try await connection.perform { session throws(PostgresError) in
                let counts = try session.beginCopy(
                    "BEGIN; INSERT INTO t VALUES (1), (2); COPY b FROM STDIN"
                )
                #expect(counts == [0, 2])
                let row = Array("7\t\\\\x\(String(repeating: "ab", count: 100_000))\n".utf8)
                for _ in 0..<100 { try session.copy(row.span) }
                let count = try session.endCopy()
                try session.commit()
                return count
            }
            #expect(count == 100)
            try await connection.perform { session throws(PostgresError) in
                var rows = 0
                var bytes = 0
                try session.copyOut("COPY b TO STDOUT") { row in
                    rows += 1
                    bytes += row.count
                }
                #expect(rows == 100)
                #expect(bytes == 100 * (2 + 3 + 200_000 + 1))
            }
        }
    }

    @Test func runsNothingBehindAFailedStatement() async throws {
        try await withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.perform { session throws(PostgresError) in
                    try session.execute("BEGIN")
                    try session.commit([
                        PostgresStatement("INSERT INTO t VALUES ($1)", [.integer(1)]),
                        PostgresStatement("INSERT INTO t VALUES ($1)", [.integer(100)]),
                        PostgresStatement("INSERT INTO t VALUES ($1)", [.integer(2)]),
                    ])
                }
            }
            #expect(error?.kind == .permanent)
            #expect(error?.sqlState == "23514")
            #expect(error?.constraint == "t_n_check")
            let stored = try await numbers(connection)
            #expect(stored == [])
            #expect(await connection.isOpen)
        }
    }

    @Test func rollsBackWhatIsLeftOpen() async throws {
        try await withConnection { connection in
            try await connection.execute("BEGIN; INSERT INTO t VALUES (1)")
            try await connection.perform { session throws(PostgresError) in
                _ = try session.beginCopy("BEGIN; COPY t FROM STDIN")
                try session.copy(Array("7\n".utf8).span)
                try session.abandonCopy()
            }
            let stored = try await numbers(connection)
            #expect(stored == [])
        }
    }

    @Test func isInDoubtIfTheServerGoesInACommit() async throws {
        try await withConnection { connection in
            // The trigger, which runs in the COMMIT, ends the server's process.
            try await connection.execute(
                """
                CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION die()
                """
            )
            let error = await #expect(throws: PostgresError.self) {
                try await connection.perform { session throws(PostgresError) in
                    try session.execute("BEGIN; INSERT INTO t VALUES (1)")
                    try session.commit()
                }
            }
            #expect(error?.kind == .inDoubt)
            #expect(await !connection.isOpen)
            await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
            try await connection.reconnect()
            let stored = try await numbers(connection)
            #expect(stored == [])
        }
    }

    @Test func saysWhatCanSucceedLater() async throws {
        try await withConnection { connection in
            func kind(_ sql: String) async -> PostgresError.Kind? {
                await #expect(throws: PostgresError.self) { try await connection.execute(sql) }?
                    .kind
            }
            #expect(
                await kind("BEGIN READ ONLY; INSERT INTO t VALUES (1)") == .readOnlyOrFull
            )
            #expect(await kind("NONSENSE") == .permanent)
            #expect(await kind("DO 'BEGIN RAISE SQLSTATE ''40001''; END'") == .retryable)
            #expect(await kind("DO 'BEGIN RAISE SQLSTATE ''53100''; END'") == .readOnlyOrFull)
            #expect(await kind("DO 'BEGIN RAISE SQLSTATE ''53300''; END'") == .retryable)
            #expect(await kind("SELECT pg_terminate_backend(pg_backend_pid())") == .unavailable)
        }
    }

    @Test func waitsForAStatementNoLongerThanItMay() async throws {
        try await withConnection {
            $0.statementTimeout = .milliseconds(100)
        } _: { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(60)")
            }
            #expect(error?.sqlState == "57014")
            #expect(await connection.isOpen)
        }
        // Through a pooler nothing is set on the server, and the connection is given up.
        try await withConnection {
            $0.statementTimeout = .milliseconds(100)
            $0.isPooled = true
        } _: { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(60)")
            }
            #expect(error?.kind == .unavailable)
            #expect(await !connection.isOpen)
        }
    }

    @Test(.timeLimit(.minutes(1))) func endsTheConnectionWhenATaskIsCancelled() async throws {
        try await withConnection { connection in
            let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            await #expect(throws: PostgresError.self) { try await task.value }
            try await connection.reconnect()
            let stored = try await numbers(connection)
            #expect(stored == [])
        }
    }

    @Test func saysWhyThereIsNoConnection() async throws {
        try await withConnection { connection in
            let name = "user_\(UInt64.random(in: 0 ... .max))"
            var settings = connection.settings
            settings.setPassword("h0rse")
            for (change, state) in [
                ({ $0.database = "nothere" }, "3D000"), ({ $0.user = name }, "28000"),
            ] as [((inout PostgresSettings) -> Void, String)] {
                var changed = settings
                change(&changed)
                let other = PostgresConnection(changed)
                let error = await #expect(throws: PostgresError.self) {
                    try await other.reconnect()
                }
                #expect(error?.kind == .permanent)
                #expect(error?.sqlState == state)
                #expect(!"\(String(describing: error))".contains("h0rse"))
            }
            settings.port = 1
            let error = await #expect(throws: PostgresError.self) {
                try await PostgresConnection(settings).reconnect()
            }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("refused") == true)
        }
    }

    @Test func sharesABoundedNumberOfConnections() async throws {
        try await PostgresServer.withDatabase { url in
            let pool = PostgresPool(try PostgresSettings(url: url), limit: 3)
            let processes = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await pool.perform { session throws(PostgresError) in
                            let rows = try session.query("SELECT pg_backend_pid(), pg_sleep(0.01)")
                            return rows.integer(0, 0) ?? 0
                        }
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(1...3 ~= processes.count)
            // Lost connections are made again.
            for _ in 0..<3 {
                await #expect(throws: PostgresError.self) {
                    try await pool.perform { session throws(PostgresError) in
                        try session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    }
                }
            }
            _ = try await pool.perform { session throws(PostgresError) in
                try session.execute("SELECT 1")
            }
            await pool.close()
        }
    }
}
