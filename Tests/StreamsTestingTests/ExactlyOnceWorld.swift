import Streams
import StreamsTesting
import Synchronization

/// How a worker of the test world saves what it has done.
enum Saving: CaseIterable, Sendable {
    /// Effects and cursor in one transaction, with compare-and-set on offset and epoch.
    case together
    /// Planted bug: nobody looks at the epoch or the offset.
    case withoutFencing
    /// Planted bug: the effects first, the cursor in a second transaction.
    case separately
    /// Planted bug: a commit without an answer is taken for one that did not happen.
    case ignoringDoubt
}

/// The store of the test world: for each partition the offsets whose effects it holds.
private final class EffectStore: Sendable {
    private struct State {
        var cursors: [Int: Cursor] = [:]
        var effects: [Int: [Int]] = [:]
    }

    private let state = Mutex(State())

    func claim(_ partition: Int) -> Cursor {
        state.withLock { state in
            let old = state.cursors[partition] ?? .start
            let new = Cursor(nextOffset: old.nextOffset, epoch: old.epoch + 1)
            state.cursors[partition] = new
            return new
        }
    }

    func cursor(of partition: Int) -> Cursor {
        state.withLock { $0.cursors[partition] ?? .start }
    }

    func effects(of partition: Int) -> [Int] {
        state.withLock { $0.effects[partition] ?? [] }
    }

    /// Returns the current cursor if the commit is refused.
    func commit(_ range: OffsetRange, _ offsets: [Int], epoch: Int, isFenced: Bool) -> Cursor? {
        state.withLock { state in
            let current = state.cursors[range.partition] ?? .start
            if isFenced, current != Cursor(nextOffset: range.lower, epoch: epoch) { return current }
            state.effects[range.partition, default: []] += offsets
            state.cursors[range.partition] = Cursor(nextOffset: range.upper, epoch: current.epoch)
            return nil
        }
    }

    func apply(_ offsets: [Int], to partition: Int) {
        state.withLock { $0.effects[partition, default: []] += offsets }
    }

    func save(_ offset: Int, of partition: Int) {
        state.withLock { state in
            let current = state.cursors[partition] ?? .start
            let next = max(current.nextOffset, offset)
            state.cursors[partition] = Cursor(nextOffset: next, epoch: current.epoch)
        }
    }
}

/// Workers that read a simulated log and save into a simulated store, while things go wrong.
final class ExactlyOnceWorld: Sendable {
    struct Report: Equatable, Sendable {
        var result = ""
        var crashes = 0
        var pauses = 0
        var traceHash: UInt64 = 0
        /// What is wrong with the outcome, if anything.
        var problem: String?
    }

    private struct Stuck: Error {}

    private let simulation: Simulation
    private let log: SimulatedEventLog
    private let service: SimulatedService
    private let store = EffectStore()
    private let saving: Saving
    private let partitions = 3
    private let records = 60

    init(seed: UInt64, saving: Saving) {
        simulation = Simulation(seed: seed)
        self.saving = saving
        let faults = EventLogFaults(skippedPer10000: 500)
        log = SimulatedEventLog(in: simulation, partitions: partitions, faults: faults)
        service = SimulatedService("store", in: simulation, faults: Self.storeFaults)
    }

    private static let storeFaults = ServiceFaults(
        unreachablePer10000: 300,
        answerLostPer10000: 400,
        slowPer10000: 300
    )

    func run() async -> Report {
        let fleet = SimulatedFleet(in: simulation, count: 2, faults: FleetFaults()) { [self] in
            start(on: $0)
        }
        let problem = Mutex<String?>(nil)
        let result = await simulation.run(stepLimit: 1_000_000) { [self] in
            fleet.begin()
            try await produce()
            try await simulation.clock.sleep(for: .milliseconds(500))
            fleet.calm()
            service.faults = .none
            do {
                try await waitUntilDone()
            } catch is Stuck {
                problem.withLock { $0 = "stuck" }
            }
            // Zombies may still do their worst.
            try await simulation.clock.sleep(for: .seconds(1))
            let wrong = check()
            problem.withLock { $0 = $0 ?? wrong }
        }
        return Report(
            result: "\(result.outcome) \(result.error.map { "\($0)" } ?? "")",
            crashes: fleet.crashCount,
            pauses: fleet.pauseCount,
            traceHash: result.traceHash,
            problem: problem.withLock { $0 } ?? (result.isSuccess ? nil : "\(result.outcome)")
        )
    }

    private func produce() async throws {
        for number in 0..<records {
            for partition in 0..<partitions {
                let record = LogRecord(offset: 0, start: 0, count: 1)
                _ = try await log.append([record], in: [UInt8(number)], to: partition)
            }
            if number % 7 == 0 { try await simulation.clock.sleep(for: .milliseconds(11)) }
            if number % 20 == 10 { log.rebalance() }
        }
    }

    private func waitUntilDone() async throws {
        let limit = simulation.clock.now.advanced(by: .seconds(60))
        for partition in 0..<partitions {
            while store.cursor(of: partition).nextOffset < log.end(of: partition) {
                if simulation.clock.now > limit { throw Stuck() }
                try await simulation.clock.sleep(for: .milliseconds(10))
            }
        }
    }

    private func check() -> String? {
        for partition in 0..<partitions {
            let expected = log.everything(in: partition).elements.map(\.offset)
            let effects = store.effects(of: partition)
            if effects != expected {
                return "partition \(partition): \(effects.count) effects of \(expected.count)"
            }
        }
        return nil
    }

    private func start(on node: SimulatedNode) {
        let member = log.join(on: node)
        let clock = GraphClock(simulation.clock)
        let service = PartitionService(
            log: member,
            clock: clock,
            drainDeadline: .milliseconds(50),
            onFailure: { _, _ in .restart(after: .milliseconds(5)) },
            work: { [self] partition, drain in
                try await work(partition, member, drain, clock)
            }
        )
        node.spawn { try await service.run() }
    }

    private func work(
        _ partition: Int,
        _ member: SimulatedEventLogMember,
        _ drain: DrainSwitch,
        _ clock: GraphClock
    ) async throws {
        var claim = try await service.call { [store] in store.claim(partition) }
        var reader = try await member.reader(of: partition, from: claim.nextOffset)
        while !drain.isRequested {
            var chunk = Chunk<LogRecord>()
            switch try reader.poll(into: &chunk, limit: ChunkLimit(elements: 5)) {
            case .elements(let range):
                try await save(range, chunk.elements.map(\.offset), &claim)
            case .nothing:
                try await reader.wait(until: clock.now() + .milliseconds(20), on: clock)
            case .finished:
                return
            }
        }
    }

    private func save(_ range: OffsetRange, _ offsets: [Int], _ claim: inout Cursor) async throws {
        let partition = range.partition
        if saving == .separately {
            try await service.call { [store] in store.apply(offsets, to: partition) }
            return try await service.call { [store] in store.save(range.upper, of: partition) }
        }
        var range = range
        while true {
            do {
                let epoch = claim.epoch
                let isFenced = saving != .withoutFencing
                let refused = try await service.call { [store, range] in
                    store.commit(range, offsets, epoch: epoch, isFenced: isFenced)
                }
                if let refused { throw CursorError.fenced(current: refused) }
                return
            } catch ServiceFault.noAnswer {
                try Task.checkCancellation()
                if saving == .ignoringDoubt {
                    claim = try await service.call { [store] in store.claim(partition) }
                    let lower = claim.nextOffset
                    let upper = lower + range.upper - range.lower
                    range = OffsetRange(partition: partition, lower: lower, upper: upper)
                    continue
                }
                let current = try await service.call { [store] in store.cursor(of: partition) }
                if current == Cursor(nextOffset: range.upper, epoch: claim.epoch) { return }
                if current != Cursor(nextOffset: range.lower, epoch: claim.epoch) {
                    throw CursorError.fenced(current: current)
                }
            }
        }
    }
}
