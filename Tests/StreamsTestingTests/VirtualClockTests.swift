import StreamsTesting
import Synchronization
import Testing

@Suite struct VirtualClockTests {
    @Test func meetsASleepAndEndsIt() async throws {
        let clock = VirtualClock()
        async let slept: Void = clock.sleep(for: .seconds(3))
        #expect(try await clock.nextDeadline() == .seconds(3))
        clock.advance(to: .seconds(3))
        try await slept
        #expect(clock.now.offset == .seconds(3))
        #expect(clock.registeredDeadline == nil)
    }

    @Test func wakesNobodyEarly() async throws {
        let clock = VirtualClock()
        let woken = Mutex(false)
        let task = Task {
            try await clock.sleep(for: .seconds(3))
            woken.withLock { $0 = true }
        }
        _ = try await clock.nextDeadline()
        clock.advance(to: .milliseconds(2_999))
        #expect(clock.registeredDeadline == .seconds(3))
        #expect(!woken.withLock { $0 })
        clock.advance(to: .seconds(3))
        try await task.value
        #expect(woken.withLock { $0 })
    }

    @Test func aCancelledSleepEndsAtOnce() async throws {
        let clock = VirtualClock()
        let task = Task { try await clock.sleep(for: .seconds(3)) }
        _ = try await clock.nextDeadline()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.registeredDeadline == nil)
    }

    @Test func aDeadlineInThePastIsNoSleep() async throws {
        let clock = VirtualClock()
        clock.advance(to: .seconds(5))
        try await clock.sleep(until: VirtualClock.Instant(offset: .seconds(4)), tolerance: nil)
        #expect(clock.now.offset == .seconds(5))
    }
}
