import ConformanceKit
import Foundation
import StreamsKafka
import Testing

/// A topic of its own, a database of its own, and a key: what a writer works on.
struct Stack {
    static let isAvailable = KafkaServer.isAvailable && PostgresServer.isAvailable
    static let need: Comment = "needs CARACAL_TEST_KAFKA and PostgreSQL"

    let kafka: KafkaServer
    let databaseURL: String
    let topic: String
    let group: String
    let key: String
    private let folder: URL

    /// Runs `body` with a stack of so many partitions, which is gone afterwards.
    ///
    /// - Parameters:
    ///   - partitions: Of the topic.
    ///   - server: A Kafka; `nil` for the one that tests share.
    ///   - database: The URL of an empty database for its superuser; `nil` for one on the server
    ///     that all tests share.
    ///   - body: What to do.
    /// - Throws: What `body` throws, or why there is no stack.
    static func with(
        partitions: Int,
        on server: KafkaServer? = nil,
        database: String? = nil,
        _ body: (Stack) async throws -> Void
    ) async throws {
        let kafka = try server ?? KafkaServer.shared()
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "caracal-stack-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func run(_ url: String) async throws {
            let name = "t\(UUID().uuidString.prefix(8))"
            try kafka.run("create", name, "\(partitions)")
            let key = folder.appending(path: "signing.key").path
            #expect(
                try Programs.run("caracal", "keygen", "--origin", "test/log", "-o", key).code == 0
            )
            #expect(try Programs.run("caracal", "migrate", "--postgres", url).code == 0)
            try await body(
                Stack(
                    kafka: kafka,
                    databaseURL: url,
                    topic: name,
                    group: "g-\(name)",
                    key: key,
                    folder: folder
                )
            )
        }
        if let database {
            try await run(database)
        } else {
            try await PostgresServer.withDatabase(run)
        }
    }

    /// A file of this stack's folder.
    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// A writer of this stack.
    func writer(
        _ settings: [String: String] = [:],
        environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram("ledger-writer", words(settings), environment: environment)
    }

    func words(_ settings: [String: String] = [:]) -> [String] {
        let own = [
            "kafka.bootstrap.servers": kafka.bootstrap, "kafka.topic": topic,
            "kafka.group.id": group, "kafka.session.timeout.ms": "6000",
            "kafka.heartbeat.interval.ms": "500", "postgres.url": databaseURL,
            "ledger.origin": "test/log", "ledger.signing-key-file": key, "metrics.port": "0",
            "batch.count": "100",
        ]
        return own.merging(settings) { $1 }.sorted { $0.key < $1.key }
            .flatMap { ["--set", "\($0.key)=\($0.value)"] }
    }

    func caracal(_ words: String...) throws -> Programs.Outcome {
        try caracal(words)
    }

    func caracal(_ words: [String]) throws -> Programs.Outcome {
        let running = try RunningProgram("caracal", words + ["--postgres", databaseURL])
        let code = running.wait()
        return Programs.Outcome(code: code, output: running.output, errors: running.errors)
    }

    /// Produces records as they are, keyed by agent, in batches.
    func produce(_ values: some Sequence<[UInt8]>) async throws {
        let settings = try KafkaSettings(
            ["bootstrap.servers": kafka.bootstrap, "linger.ms": "1"],
            for: .producer
        )
        let producer = try KafkaProducer(settings: settings)
        defer { producer.close() }
        var batch = KafkaBatch()
        var number = 0
        for value in values {
            batch.append(key: "agent-\(number % 64)", value: value)
            number += 1
            if batch.count == 1_000 {
                try await producer.produce(batch, to: topic)
                batch.removeAll()
            }
        }
        try await producer.produce(batch, to: topic)
        try await producer.flush()
    }

    /// Produces records as `add` makes them, a thousand at a time, in order.
    func produce(
        _ count: Int,
        _ add: (_ number: Int, _ batch: inout KafkaBatch) -> Void
    ) async throws {
        let settings = try KafkaSettings(
            ["bootstrap.servers": kafka.bootstrap, "linger.ms": "5"],
            for: .producer
        )
        let producer = try KafkaProducer(settings: settings)
        defer { producer.close() }
        var batch = KafkaBatch()
        for number in 0..<count {
            add(number, &batch)
            guard batch.count == 1_000 || number == count - 1 else { continue }
            try await producer.produce(batch, to: topic)
            batch.removeAll()
        }
        try await producer.flush()
    }

    /// An event of a sequence of its own, so that a repeat of it is recognised.
    static func event(_ number: Int, producer: String = "test") -> [UInt8] {
        Array(
            """
            {"event_id":"e-\(producer)-\(number)","agent_id":"agent-\(number % 64)",\
            "resource_type":"llm_call","timestamp":\(1_700_000_000_000 + number),"cost":"0.001",\
            "currency":"USD","producer_id":"\(producer)","sequence":\(number)}
            """.utf8
        )
    }

    // MARK: What is there

    /// Numbers out of `caracal status`, summed over all partitions.
    func sums() throws -> (entries: Int, letters: Int, done: Int) {
        let outcome = try caracal("status", "--json")
        guard outcome.code == 0 else { return (0, 0, 0) }
        let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let logs = (json as? [String: Any])?["logs"] as? [[String: Any]] ?? []
        func sum(_ name: String) -> Int { logs.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
        return (sum("size"), sum("deadLetters"), sum("cursor"))
    }

    /// Waits until all offsets below `count` together are done.
    func waitUntil(done count: Int, within seconds: Double = 60) async throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while try sums().done < count {
            try #require(Date.now < end, "not \(count) offsets are done after \(seconds) s")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Every identifier that the ledger has, in order.
    func eventIDs() throws -> [String] {
        try caracal("entries").output.split(separator: "\n").compactMap { line in
            line.firstMatch(of: /"event_id":"([^"]*)"/).map { String($0.1) }
        }
    }
}
