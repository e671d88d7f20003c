import Foundation
import Testing

/// One stack that events of every kind went through, for many tests that look at what is left.
///
/// Two writers in turn; the first is killed in the middle. The topic has two partitions.
struct DefectStack: Sendable {
    @TaskLocal static var current: DefectStack?

    /// The stack; only inside of a suite with the trait ``SuiteTrait/defectStack``.
    static func get() throws -> DefectStack { try #require(current) }

    static let count = 600
    /// Not ASCII, and not UTF-8 either.
    static let hostile: [[UInt8]] = [
        [0xff, 0xfe, 0x00, 0x80], Array("{\"event_id\":".utf8), [],
        Array(
            """
            {"event_id":"minus","agent_id":"a","resource_type":"r","timestamp":1,"cost":"-5",\
            "currency":"USD"}
            """.utf8
        ),
    ]

    let stack: Stack
    /// The database as it was when the first writer was killed.
    let olderURL: String
    /// The newest checkpoint of partition 0, in a file.
    let saved: String
    let metrics: String
    let ready: String
    /// Whether entries were stored while the writer ran, not only when it ended.
    let storedWhileRunning: Int
    let entries: [Entry]

    /// A line of `caracal entries`.
    struct Entry: Decodable, Sendable {
        let index: Int
        let event_id: String
        let agent_id: String
        let timestamp: String
        let cost: String?
        let currency: String?
    }

    /// Runs `body` with a stack that is done.
    static func with(_ body: () async throws -> Void) async throws {
        try await Stack.with(partitions: 2) { stack in
            let made = try await make(stack)
            let result: Result<Void, any Error>
            do {
                result = .success(try await $current.withValue(made) { try await body() })
            } catch {
                result = .failure(error)
            }
            let name = made.olderURL.split(separator: "/").last.map(String.init) ?? ""
            try stack.sql("DROP DATABASE \(name) WITH (FORCE)")
            try result.get()
        }
    }

    private static func make(_ stack: Stack) async throws -> DefectStack {
        // Nothing may depend on how a database or a host shows values.
        try stack.sql(
            """
            UPDATE caracal.settings SET value = '100' WHERE key = 'entries_per_table';
            DO $$ DECLARE s text; BEGIN
                FOREACH s IN ARRAY ARRAY['datestyle = ''German, DMY''', 'bytea_output = ''escape''',
                    'timezone = ''Asia/Tokyo''', 'extra_float_digits = 0', 'lc_numeric = ''C''']
                LOOP EXECUTE format('ALTER DATABASE %I SET %s', current_database(), s); END LOOP;
            END $$
            """
        )
        let half = count / 2
        var writer = try stack.writer(
            ["kafka.group.instance.id": "writer"],
            environment: ["TZ": "Asia/Tokyo"]
        )
        try await stack.produce((0..<half).map { Stack.event($0) } + odd)
        try await stack.waitUntil(done: half / 2)
        let storedWhileRunning = try stack.sums().entries
        writer.signal(SIGKILL)
        writer.wait()
        let older = stack.databaseURL + "_old"
        let name = older.split(separator: "/").last.map(String.init) ?? ""
        try stack.sql("CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8'")
        try shell("pg_dump '\(stack.databaseURL)' | psql -X -q '\(older)' >/dev/null")
        writer = try stack.writer(
            ["kafka.group.instance.id": "writer"],
            environment: ["TZ": "America/New_York"]
        )
        try await stack.produce((half..<count).map { Stack.event($0) } + hostile)
        // All of it again, with the same keys.
        try await stack.produce((0..<half).map { Stack.event($0) } + odd)
        try await stack.produce((half..<count).map { Stack.event($0) })
        try await stack.waitUntil(done: 2 * count + 2 * odd.count + hostile.count)
        let metrics = try await stack.get("/metrics", of: writer)
        let ready = try await stack.get("/health/ready", of: writer)
        writer.signal(SIGTERM)
        #expect(writer.wait() == 0)
        let saved = stack.path("saved.note")
        try stack.caracal("checkpoint").output.write(
            toFile: saved,
            atomically: true,
            encoding: .utf8
        )
        let lines = try stack.caracal("entries").output.split(separator: "\n")
        return DefectStack(
            stack: stack,
            olderURL: older,
            saved: saved,
            metrics: metrics,
            ready: ready,
            storedWhileRunning: storedWhileRunning,
            entries: try lines.map {
                try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
            }
        )
    }

    private static func shell(_ line: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "set -o pipefail; " + line]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(line)")
    }

    /// Events that are unlike the others.
    private static let odd: [[UInt8]] = [
        event("tenth", "\"0.1\""), event("fifth", "\"0.2\""),
        event("nano", "\"0.000000001\""), event("large", "\"9007199.254740993\""),
        event("euro", "\"3\"", currency: "EUR"), event("number", "0.3"),
        event("zoneless", "\"1\"", time: "\"2023-11-16T18:15:46\""),
        event("=1+1", "\"1\""), event("escape\\u001b[2J", "\"1\""),
    ]

    private static func event(
        _ id: String,
        _ cost: String,
        currency: String = "USD",
        time: String = "1700158546000"
    ) -> [UInt8] {
        Array(
            """
            {"event_id":"\(id)","agent_id":"agent-\(id)","resource_type":"r","timestamp":\(time),\
            "cost":\(cost),"currency":"\(currency)","metadata":{"note":"n"}}
            """.utf8
        )
    }

    static let oddCount = odd.count
}

/// Has the tests of a suite run with a ``DefectStack``.
struct DefectStackTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await DefectStack.with(function)
    }
}

extension Trait where Self == DefectStackTrait {
    static var defectStack: Self { DefectStackTrait() }
}

extension Stack {
    /// Runs statements in the stack's database, as its superuser.
    @discardableResult
    func sql(_ statements: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/psql")
        process.arguments = ["-X", "-At", "-v", "ON_ERROR_STOP=1", databaseURL, "-c", statements]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(statements)")
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    /// What a writer answers over HTTP.
    func get(_ path: String, of writer: RunningProgram) async throws -> String {
        let line = try #require(
            writer.errors.split(separator: "\n").first { $0.hasPrefix("ready ") }
        )
        let port = try #require(line.firstMatch(of: #/metrics=(\d+)/#)).1
        let curl = Process()
        let output = Pipe()
        curl.executableURL = URL(filePath: "/usr/bin/curl")
        curl.arguments = ["-s", "http://127.0.0.1:\(port)\(path)"]
        curl.standardOutput = output
        try curl.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
