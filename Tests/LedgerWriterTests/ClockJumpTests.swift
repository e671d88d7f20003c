import ConformanceKit
import Foundation
import Streams
import StreamsTesting
import Synchronization
import Testing

/// Clocks jump: the one on the wall to and fro, and the one that measures far ahead, as it does
/// when a machine was asleep.
@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct ClockJumpTests {
    /// A clock that can be set forward; who sleeps notices soon.
    private struct LeapingClock: Clock {
        final class Leaps: Sendable {
            let total = Mutex(Duration.zero)
        }

        struct Instant: InstantProtocol {
            var offset: Duration

            func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
            func duration(to other: Self) -> Duration { other.offset - offset }
            static func < (lhs: Self, rhs: Self) -> Bool { lhs.offset < rhs.offset }
        }

        let leaps = Leaps()
        private let base = ContinuousClock()
        private let start = ContinuousClock.now

        var now: Instant {
            Instant(offset: start.duration(to: base.now) + leaps.total.withLock { $0 })
        }
        var minimumResolution: Duration { .nanoseconds(1) }

        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            while now < deadline {
                let left = now.duration(to: deadline)
                try await base.sleep(for: min(left, .milliseconds(5)))
            }
        }
    }

    @Test func loseNothingAndMakeNobodyWait() async throws {
        try await PostgresServer.withDatabase { url in
            let writer = try await WriterInProcess(url)
            let clock = LeapingClock()
            let random = Mutex(SeededGenerator(seed: 7))
            let isAway = Mutex(false)
            let hours: @Sendable () -> Int = { random.withLock { $0.below(20) } }
            try await writer.run(
                GraphClock(clock),
                wallNow: { Int64(1_700_000_000 + (hours() - 10) * 3_600) * 1_000_000_000 },
                sign: writer.signer { isAway.withLock { $0 } }
            ) {
                for round in 0..<10 {
                    // Some of it stays in a batch that only time closes, some waits to be signed.
                    if round % 3 == 1 { isAway.withLock { $0 = true } }
                    try await writer.append(round * 150..<(round + 1) * 150)
                    clock.leaps.total.withLock { $0 += .seconds(3_600 * hours()) }
                    if round % 3 == 1 {
                        try await writer.wait(for: "failures") {
                            writer.metric("caracal_signing_failures_total") >= Double(round)
                        }
                        clock.leaps.total.withLock { $0 += .seconds(3_600 * 24) }
                        isAway.withLock { $0 = false }
                    }
                    let start = ContinuousClock.now
                    try await writer.wait(for: "entries of round \(round)") {
                        try await writer.number("SELECT max(size) FROM caracal.checkpoints")
                            == (round + 1) * 150
                    }
                    #expect(ContinuousClock.now - start < .seconds(5))
                }
            }
            #expect(try await writer.number("SELECT count(*) FROM caracal.entries") == 1_500)
            let verified = try Programs.run("caracal", "verify", "--postgres", url)
            #expect(verified.code == 0, "\(verified.output)")
        }
    }
}
