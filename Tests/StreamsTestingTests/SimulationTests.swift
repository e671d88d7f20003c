import Streams
import StreamsTesting
import Synchronization
import Testing

@Suite struct SimulationTests {
    /// Ten tasks that sleep and write into one list; what comes out depends on the schedule only.
    private func order(seed: UInt64) async -> (order: [Int], result: SimulationResult) {
        let simulation = Simulation(seed: seed)
        let list = List()
        let result = await simulation.run {
            await withDiscardingTaskGroup { group in
                for number in 0..<10 {
                    group.addTask {
                        try? await simulation.clock.sleep(for: .microseconds(number % 3))
                        await list.add(number)
                    }
                }
            }
        }
        return (await list.numbers, result)
    }

    @Test func equalSeedsGiveEqualRuns() async {
        for seed in UInt64(0)..<20 {
            let first = await order(seed: seed)
            let second = await order(seed: seed)
            #expect(first.result.isSuccess)
            #expect(first.order == second.order)
            #expect(first.result.traceHash == second.result.traceHash)
            #expect(first.result.elapsed == second.result.elapsed)
        }
    }

    @Test func differentSeedsGiveDifferentRuns() async {
        var orders: Set<[Int]> = []
        for seed in UInt64(0)..<50 { orders.insert(await order(seed: seed).order) }
        #expect(orders.count > 25)
    }

    @Test func hoursPassInNoTime() async {
        let simulation = Simulation(seed: 1)
        let result = await simulation.run { try await simulation.clock.sleep(for: .seconds(7_200)) }
        #expect(result.isSuccess)
        #expect(result.elapsed >= .seconds(7_200))
        #expect(result.elapsed < .seconds(7_201))
    }

    @Test func whatNothingCanEndIsADeadlock() async {
        let simulation = Simulation(seed: 1)
        let result = await simulation.run {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            for await _ in stream {}
            continuation.finish()
        }
        #expect(result.outcome == .deadlock)
    }

    @Test func whatNeverEndsHitsTheStepLimit() async {
        let simulation = Simulation(seed: 1)
        let result = await simulation.run(stepLimit: 1_000) {
            while !Task.isCancelled { await Task.yield() }
        }
        #expect(result.outcome == .stepLimit)
        #expect(result.steps == 1_000)
    }

    @Test func aJobFromOutsideIsAnEscape() async {
        let simulation = Simulation(seed: 1)
        let result = await simulation.run { try await Task.sleep(for: .milliseconds(1)) }
        guard case .escaped = result.outcome else {
            Issue.record("a real sleep passed as \(result.outcome)")
            return
        }
    }

    @Test func aStepThatBlocksIsStalled() async {
        let simulation = Simulation(seed: 1)
        let gate = Mutex(true)
        let result = await simulation.run(realTimeLimit: .milliseconds(50)) {
            while gate.withLock({ $0 }) {}
        }
        gate.withLock { $0 = false }
        #expect(result.outcome == .stalled)
    }

    @Test func whatTheMainTaskThrowsIsTold() async {
        struct Failed: Error {}
        let result = await Simulation(seed: 1).run { throw Failed() }
        #expect(result.outcome == .finished)
        #expect(result.error is Failed)
        #expect(!result.isSuccess)
    }

    @Test func aCrashedNodeNeverRunsAgain() async {
        let simulation = Simulation(seed: 3)
        let node = simulation.node("worker")
        let count = Mutex(0)
        let atCrash = Mutex(0)
        let result = await simulation.run {
            node.spawn {
                while !Task.isCancelled {
                    try await simulation.clock.sleep(for: .milliseconds(1))
                    count.withLock { $0 += 1 }
                }
            }
            try await simulation.clock.sleep(for: .milliseconds(50))
            node.crash()
            atCrash.withLock { $0 = count.withLock { $0 } }
            try await simulation.clock.sleep(for: .milliseconds(50))
            #expect(count.withLock { $0 } == atCrash.withLock { $0 })
        }
        #expect(result.isSuccess)
        #expect(atCrash.withLock { $0 } > 0)
        #expect(node.hasCrashed)
    }

    @Test func aPausedNodeGoesOnWhereItWas() async {
        let simulation = Simulation(seed: 4)
        let node = simulation.node("zombie")
        let done = Mutex<[Duration]>([])
        let result = await simulation.run {
            node.spawn {
                try await simulation.clock.sleep(for: .milliseconds(1))
                done.withLock { $0.append(simulation.clock.now.offset) }
            }
            try await simulation.clock.sleep(for: .microseconds(500))
            node.pause()
            #expect(!node.isUp)
            try await simulation.clock.sleep(for: .seconds(1))
            #expect(done.withLock { $0.isEmpty })
            node.resume()
            try await simulation.clock.sleep(for: .milliseconds(100))
        }
        #expect(result.isSuccess)
        #expect(done.withLock { $0.count } == 1)
        #expect(done.withLock { $0.allSatisfy { $0 > .seconds(1) } })
    }

    @Test func aCrashCanBePlannedForAnyStep() async {
        let counts = Mutex<Set<Int>>([])
        for step in 1..<40 {
            let simulation = Simulation(seed: 5)
            let node = simulation.node("worker")
            let count = Mutex(0)
            simulation.at(step: step) { node.crash() }
            let result = await simulation.run {
                node.spawn {
                    for _ in 0..<10 {
                        await Task.yield()
                        count.withLock { $0 += 1 }
                    }
                }
                try await simulation.clock.sleep(for: .seconds(1))
                counts.withLock { _ = $0.insert(count.withLock { $0 }) }
            }
            #expect(result.isSuccess)
        }
        #expect(counts.withLock { $0 } == Set(0...10))
    }

    @Test func aWorldLeavesNothingBehind() async {
        final class Witness: Sendable {}
        weak var left: Witness?
        do {
            let simulation = Simulation(seed: 6)
            let node = simulation.node("worker")
            let witness = Witness()
            left = witness
            _ = await simulation.run { [witness] in
                node.spawn {
                    let kept = witness
                    try await simulation.clock.sleep(for: .seconds(3_600))
                    _ = kept
                }
                try await simulation.clock.sleep(for: .milliseconds(1))
                node.crash()
            }
        }
        #expect(left == nil)
    }

    @Test func settlesExactlyWhenSteppedByHand() {
        let simulation = Simulation(seed: 7)
        let attempts = Mutex<[Int]>([])
        simulation.spawn {
            for number in 0..<3 {
                attempts.withLock { $0.append(number) }
                try await simulation.clock.sleep(for: .seconds(1))
            }
        }
        simulation.settle()
        #expect(attempts.withLock { $0 } == [0])
        simulation.advance(by: .seconds(1))
        #expect(attempts.withLock { $0 } == [0, 1])
        simulation.advance(by: .seconds(10))
        #expect(attempts.withLock { $0 } == [0, 1, 2])
    }
}

private actor List {
    var numbers: [Int] = []

    func add(_ number: Int) {
        numbers.append(number)
    }
}
