import ConformanceKit
import Foundation
import Streams
import Synchronization
import Telemetry
import Testing

@testable import ledger_writer

/// No signer, or not the one of these ledgers.
@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct SignerTroubleTests {
    @Test func publishesNothingThatIsNotSigned() async throws {
        try await PostgresServer.withDatabase { url in
            let writer = try await WriterInProcess(url)
            let isAway = Mutex(false)
            try await writer.run(
                GraphClock(ContinuousClock()),
                wallNow: { 0 },
                sign: writer.signer { isAway.withLock { $0 } }
            ) {
                try await writer.append(0..<500)
                try await writer.wait(for: "500 entries") {
                    try await writer.number("SELECT max(size) FROM caracal.checkpoints") == 500
                }
                #expect(writer.metric("caracal_signing_failures_total") == 0)
                isAway.withLock { $0 = true }
                try await writer.append(500..<1_000)
                try await writer.wait(for: "failures") {
                    writer.metric("caracal_signing_failures_total") >= 3
                }
                let report = writer.telemetry.health.report
                #expect(report.status == .degraded && report.isReady)
                #expect(report.reasons.contains { $0.text.contains("the signer is away") })
                #expect(
                    writer.text.contains(#""level":"error","message":"a batch is tried again""#)
                )
                // Not an entry, not a tree, not an offset.
                for sql in [
                    "SELECT max(size) FROM caracal.checkpoints",
                    "SELECT count(*) FROM caracal.entries",
                    "SELECT next_offset FROM caracal.cursors",
                ] { #expect(try await writer.number(sql) == 500, "\(sql)") }
                isAway.withLock { $0 = false }
                try await writer.wait(for: "1,000 entries") {
                    try await writer.number("SELECT max(size) FROM caracal.checkpoints") == 1_000
                }
                try await writer.wait(for: "ready") {
                    writer.telemetry.health.report.status == .ready
                }
            }
            #expect(try await writer.number("SELECT count(*) FROM caracal.entries") == 1_000)
            #expect(writer.metric("caracal_entries_total{partition=\"0\"}") == 1_000)
            let verified = try Programs.run("caracal", "verify", "--postgres", url)
            #expect(verified.code == 0, "\(verified.output)")
        }
    }

    /// A key that is none, and the key of others' ledgers.
    @Test(.enabled(if: Stack.isAvailable, Stack.need))
    func startsNotWithoutItsKey() async throws {
        try await Stack.with(partitions: 1) { stack in
            let path = NSTemporaryDirectory() + "caracal-key-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            func start(_ path: String) throws -> (code: Int32, errors: String) {
                let writer = try stack.writer(["ledger.signing-key-file": path])
                return (writer.wait(), writer.errors)
            }
            let own = try String(contentsOfFile: stack.key, encoding: .utf8)
            for text in ["", "secret-h0rse\n", String(own.dropLast(9)), own + own] {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                let found = try start(path)
                #expect(found.code == 77, "\(found.errors)")
                #expect(found.errors.contains("ledger.signing-key-file: \(path)"))
                #expect(!found.errors.contains("h0rse") && !found.errors.contains(own.suffix(20)))
            }
            #expect(try start(NSTemporaryDirectory()).code == 77)
            // The first start says whose ledgers they are; the next has another key of that name.
            let writer = try stack.writer()
            _ = try await writer.metricsPort()
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            try FileManager.default.removeItem(atPath: path)
            let made = try Programs.run("caracal", "keygen", "--origin", "test/log", "-o", path)
            #expect(made.code == 0)
            let found = try start(path)
            #expect(found.code == 77)
            #expect(found.errors.contains("were signed with another key"))
        }
    }
}
