import Streams
import StreamsTesting
import Testing

@Suite struct ChangeSignalTests {
    @Test func aChangeBeforeTheWaitIsNotMissed() async throws {
        let signal = ChangeSignal()
        let version = signal.version
        signal.signal()
        try await signal.wait(after: version)
    }

    @Test func endsAtTheDeadlineOrAtTheChange() async {
        let simulation = Simulation(seed: 1)
        let clock = GraphClock(simulation.clock)
        let result = await simulation.run {
            let signal = ChangeSignal()
            try await signal.wait(after: signal.version, until: .seconds(1), on: clock)
            #expect(clock.now() >= .seconds(1))
            simulation.after(.milliseconds(10)) { signal.signal() }
            try await signal.wait(after: signal.version, until: .seconds(100), on: clock)
            #expect(clock.now() < .seconds(2))
        }
        #expect(result.isSuccess)
    }

    @Test func cancellingEndsTheWait() async {
        let simulation = Simulation(seed: 2)
        let result = await simulation.run {
            let signal = ChangeSignal()
            let task = simulation.spawn { try await signal.wait(after: 0) }
            try await simulation.clock.sleep(for: .seconds(1))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(result.isSuccess)
    }
}
