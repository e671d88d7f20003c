import Foundation
import Testing

/// What a `ledger-writer` says, and how it ends, when something is not as it should be.
@Suite struct StartUpTests {
    private let complete = [
        "kafka.bootstrap.servers": "127.0.0.1:1",
        "postgres.url": "postgres://u:hidden@127.0.0.1:1/d",
        "ledger.origin": "test/log", "ledger.signing-key-file": "/nonexistent/key",
    ]

    private func run(_ settings: [String: String]) throws -> Programs.Outcome {
        let words = settings.sorted { $0.key < $1.key }.flatMap {
            ["--set", "\($0.key)=\($0.value)"]
        }
        let running = try RunningProgram("ledger-writer", words)
        let code = running.wait()
        return Programs.Outcome(code: code, output: running.output, errors: running.errors)
    }

    @Test func namesAllBadSettingsAtOnce() throws {
        let outcome = try run([
            "batch.count": "0", "batch.wait": "soon", "no.such.key": "1", "kafka.no.such": "1",
            "kafka.bootstrap.servers": "h:1", "postgres.url": "mysql://u:hidden@h/d",
        ])
        #expect(outcome.code == 78)
        for name in [
            "batch.count", "batch.wait", "no.such.key", "kafka.no.such", "postgres.url",
            "ledger.origin", "ledger.signing-key-file",
        ] { #expect(outcome.errors.contains(name), "\(name)") }
        #expect(!outcome.errors.contains("hidden"))
    }

    @Test func needsItsKey() throws {
        let outcome = try run(complete)
        #expect(outcome.code == 77)
        #expect(outcome.errors.contains("/nonexistent/key"))
    }

    @Test func givesUpOnServersThatAreNotThere() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try Programs.run("caracal", "keygen", "--origin", "test/log", "-o", path).code == 0)
        var settings = complete.merging(["start.deadline": "1 s", "metrics.port": "0"]) { $1 }
        settings["ledger.signing-key-file"] = path
        let outcome = try run(settings)
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains("start.deadline"))
        #expect(!outcome.errors.contains("hidden"))
        settings["ledger.origin"] = "another/log"
        let other = try run(settings)
        #expect(other.code == 78)
        #expect(other.errors.contains("another/log"))
    }

    @Test(.enabled(if: Stack.isAvailable, Stack.need))
    func saysWhatIsMissing() async throws {
        try await Stack.with(partitions: 1) { stack in
            var outcome = try Programs.run(
                "ledger-writer",
                stack.words(["kafka.topic": "no-such-topic"])
            )
            #expect(outcome.code == 78)
            #expect(outcome.errors.contains("caracal topics create"))
            #expect(try stack.caracal("migrate").output == "")
            let other = stack.databaseURL.replacing(/\/[^\/]*$/, with: "/postgres")
            outcome = try Programs.run("ledger-writer", stack.words(["postgres.url": other]))
            #expect(outcome.code == 78)
            #expect(outcome.errors.contains("caracal migrate"))
        }
    }

    /// The line that scripts wait for, metrics, health, and an end in order.
    @Test(.enabled(if: Stack.isAvailable, Stack.need))
    func tellsThatItIsReady() async throws {
        try await Stack.with(partitions: 2) { stack in
            let writer = try stack.writer()
            try await stack.produce((0..<500).map { Stack.event($0) })
            try await stack.waitUntil(done: 500)
            let line = try #require(
                writer.errors.split(separator: "\n").first { $0.hasPrefix("ready ") }
            )
            let match = try #require(line.wholeMatch(of: /ready metrics=(\d+) partitions=0,1/))
            let address = "http://127.0.0.1:\(match.1)"
            let metrics = try await get("\(address)/metrics")
            #expect(metrics.contains("kafka_consumer_lag{partition=\"0\"} 0\n"))
            #expect(metrics.contains("caracal_merkle_verification_failures_total 0\n"))
            #expect(try await get("\(address)/health/ready").contains(#""status":"ready""#))
            // All other lines are JSON.
            for line in writer.errors.split(separator: "\n") where !line.hasPrefix("ready ") {
                _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
            }
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
        }
    }

    private func get(_ address: String) async throws -> String {
        let running = Process()
        let output = Pipe()
        running.executableURL = URL(filePath: "/usr/bin/curl")
        running.arguments = ["-s", address]
        running.standardOutput = output
        try running.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        running.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
