import ConformanceKit
import Foundation
import Testing

/// The answer to a COMMIT is lost, again and again, while the whole service writes.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized)
struct LostAnswerTests {
    @Test func losesAndDoublesNothing() async throws {
        try await Stack.with(partitions: 4) { stack in
            // Every third COMMIT loses its answer, every tenth never arrives.
            let proxy = try PostgresServerProxy(to: stack.databaseURL) { number in
                number % 10 == 9 ? .cutBefore : number % 3 == 0 ? .cutAfter : .pass
            }
            defer { proxy.stop() }
            let writer = try stack.writer(["postgres.url": proxy.url])
            let count = 12_000
            // One record in a hundred is no event: dead letters are in the same transactions.
            let values = (0..<count).map { $0 % 100 == 99 ? [UInt8(0)] : Stack.event($0) }
            try await stack.produce(values)
            try await stack.waitUntil(done: count)
            let port = try await writer.metricsPort()
            let inDoubt = try await writer.metric("caracal_commits_in_doubt_total", at: port) ?? 0
            #expect(proxy.lostAnswers >= 20, "of \(proxy.commits)")
            #expect(inDoubt >= 20)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let sums = try stack.sums()
            #expect(sums.entries == count / 100 * 99 && sums.letters == count / 100)
            let ids = try stack.eventIDs()
            #expect(ids.count == sums.entries && Set(ids).count == ids.count)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }
}
