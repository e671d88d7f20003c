import Streams
import StreamsTesting
import Testing

@Suite struct SimulatedEventLogTests {
    private func run(
        _ seed: UInt64,
        faults: EventLogFaults = EventLogFaults(),
        _ body: @escaping @Sendable (Simulation, SimulatedEventLog) async throws -> Void
    ) async {
        let simulation = Simulation(seed: seed)
        let log = SimulatedEventLog(in: simulation, partitions: 2, faults: faults)
        let result = await simulation.run { try await body(simulation, log) }
        #expect(result.isSuccess, "\(result.outcome) \(String(describing: result.error))")
    }

    /// Takes changes until `partition` has been assigned.
    private static func wait(
        for partition: Int,
        _ member: SimulatedEventLogMember
    ) async throws {
        while let change = try await member.nextChange() {
            if case .assigned(let partitions) = change, partitions.contains(partition) { return }
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func givesEveryRecordInOrder(seed: UInt64) async {
        await run(seed, faults: EventLogFaults(skippedPer10000: 3_000)) { simulation, log in
            let member = log.join(on: simulation.node("reader"))
            try await Self.wait(for: 0, member)
            for number in 0..<40 {
                let record = LogRecord(offset: 0, start: 0, count: 1)
                _ = try await log.append([record], in: [UInt8(number)], to: 0)
            }
            var reader = try await member.reader(of: 0, from: 0)
            let clock = GraphClock(simulation.clock)
            var values: [UInt8] = []
            var position = 0
            while values.count < 40 {
                var chunk = Chunk<LogRecord>()
                switch try reader.poll(into: &chunk, limit: ChunkLimit(elements: 3)) {
                case .elements(let range):
                    #expect(range.lower == position)
                    position = range.upper
                    values += chunk.elements.map { chunk.bytes[$0.range.lowerBound] }
                default:
                    try await reader.wait(until: nil, on: clock)
                }
            }
            #expect(values == Array(0..<40))
        }
    }

    @Test func aMemberThatFallsSilentLosesWhatItHolds() async {
        await run(1) { simulation, log in
            let node = simulation.node("old")
            let old = log.join(on: node)
            try await Self.wait(for: 0, old)
            node.crash()
            let new = log.join(on: simulation.node("new"))
            try await Self.wait(for: 0, new)
        }
    }

    @Test func aZombieLearnsWhenItGoesOnThatItHasLost() async {
        await run(2) { simulation, log in
            let node = simulation.node("zombie")
            let old = log.join(on: node)
            try await Self.wait(for: 0, old)
            try await Self.wait(for: 1, old)
            node.pause()
            let new = log.join(on: simulation.node("new"))
            try await Self.wait(for: 0, new)
            node.resume()
            var lost: Set<Int> = []
            while !lost.contains(0), let change = try await old.nextChange() {
                if case .lost(let partitions) = change { lost.formUnion(partitions) }
            }
            #expect(lost.contains(0))
        }
    }

    @Test func whatIsRevokedIsLostAtTheDeadline() async {
        await run(3) { simulation, log in
            let old = log.join(on: simulation.node("old"))
            try await Self.wait(for: 0, old)
            try await Self.wait(for: 1, old)
            _ = log.join(on: simulation.node("new"))
            var changes: [AssignmentChange] = []
            while let change = try await old.nextChange() {
                changes.append(change)
                if case .lost = change { break }
            }
            guard case .revoked(let revoked) = changes.first, case .lost(let lost) = changes.last
            else {
                Issue.record("\(changes)")
                return
            }
            #expect(Set(lost).isSubset(of: Set(revoked)))
        }
    }

    @Test func leavingEndsTheChanges() async {
        await run(4) { simulation, log in
            let member = log.join(on: simulation.node("reader"))
            try await Self.wait(for: 0, member)
            await member.close()
            #expect(try await member.nextChange() == nil)
        }
    }

    @Test func repeatsWhatItIsToldToRepeat() async {
        await run(5, faults: EventLogFaults(repeatedPer10000: 10_000)) { simulation, log in
            let record = LogRecord(
                offset: 0,
                start: 1,
                count: 1,
                producerStart: 0,
                producerCount: 1,
                sequence: 7
            )
            _ = try await log.append([record], in: [1, 2], to: 1)
            try await simulation.clock.sleep(for: .seconds(1))
            #expect(log.everything(in: 1).elements.map(\.sequence) == [7, 7])
        }
    }
}
