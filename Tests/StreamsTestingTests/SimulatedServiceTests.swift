import Streams
import StreamsTesting
import Synchronization
import Testing

@Suite struct SimulatedServiceTests {
    private func outcome(
        _ faults: ServiceFaults,
        seed: UInt64 = 1
    ) async -> (fault: ServiceFault?, effects: Int) {
        let simulation = Simulation(seed: seed)
        let service = SimulatedService("service", in: simulation, faults: faults)
        let effects = Mutex(0)
        let outcome = Mutex<(ServiceFault?, Int)>((nil, 0))
        let result = await simulation.run {
            var fault: ServiceFault?
            do throws(ServiceFault) {
                _ = try await service.call { effects.withLock { $0 += 1 } }
            } catch {
                fault = error
            }
            try await simulation.clock.sleep(for: .seconds(1))
            outcome.withLock { $0 = (fault, effects.withLock { $0 }) }
        }
        #expect(result.isSuccess)
        return outcome.withLock { $0 }
    }

    @Test func answersWhenNothingFails() async {
        let (fault, effects) = await outcome(.none)
        #expect(fault == nil)
        #expect(effects == 1)
    }

    @Test func whatIsUnreachableHasNoEffect() async {
        let (fault, effects) = await outcome(ServiceFaults(unreachablePer10000: 10_000))
        #expect(fault == .unreachable)
        #expect(effects == 0)
    }

    @Test func aLostRequestHasNoEffectAndNoAnswer() async {
        let (fault, effects) = await outcome(ServiceFaults(requestLostPer10000: 10_000))
        #expect(fault == .noAnswer)
        #expect(effects == 0)
    }

    @Test func aLostAnswerHasItsEffect() async {
        let (fault, effects) = await outcome(ServiceFaults(answerLostPer10000: 10_000))
        #expect(fault == .noAnswer)
        #expect(effects == 1)
    }

    @Test func aSlowCallTakesEffectThoughTheCallerHasGivenUp() async {
        var gaveUp = 0
        for seed in UInt64(0)..<10 {
            let faults = ServiceFaults(slowPer10000: 10_000, slowLimit: .milliseconds(200))
            let (fault, effects) = await outcome(faults, seed: seed)
            #expect(effects == 1)
            if fault == .noAnswer { gaveUp += 1 }
        }
        #expect(gaveUp > 3)
    }

    @Test func aCancelledCallerHasNoAnswer() async {
        let simulation = Simulation(seed: 2)
        let service = SimulatedService("service", in: simulation)
        let result = await simulation.run {
            let task = simulation.spawn { () throws(ServiceFault) in
                try await service.call { try? await simulation.clock.sleep(for: .seconds(60)) }
            }
            try await simulation.clock.sleep(for: .milliseconds(5))
            task.cancel()
            await #expect(throws: ServiceFault.noAnswer) { try await task.value }
        }
        #expect(result.isSuccess)
    }

    @Test func aCursorStoreInDoubtCanBeAsked() async {
        let simulation = Simulation(seed: 3)
        let store = SimulatedCursorStore(in: simulation)
        let result = await simulation.run {
            let claim = try await store.claim(0)
            store.service.faults = ServiceFaults(answerLostPer10000: 10_000)
            let range = OffsetRange(partition: 0, lower: 0, upper: 5)
            await #expect(throws: CursorError.inDoubt(reason: "the store did not answer")) {
                try await store.advance(range, epoch: claim.epoch)
            }
            store.service.faults = .none
            #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 5, epoch: 1))
        }
        #expect(result.isSuccess)
    }
}
