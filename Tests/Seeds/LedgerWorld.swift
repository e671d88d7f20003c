import ConformanceKit
import Cryptography
import LedgerGraph
import Ledgers
import Merkle
import Streams
import StreamsTesting
import Synchronization

/// Processes that write ledgers from a simulated log into a simulated store, while everything that
/// can go wrong does: crashes at any suspension point, zombies, rebalances, lost partitions,
/// redelivery, commits that fail, are late, or lose their answer, records that are no events, that
/// the store refuses, that repeat or contradict others, and processes that are told to end; offsets
/// that aborted transactions use up, transactions that the store gives up once they are signed, a
/// store that is away and comes back, all partitions asked back at once, and, in some worlds, a log
/// that forgets records before they were stored.
///
/// Then nothing fails any more, and what was appended must be in the ledgers: each event once, in
/// its order, under roots that follow from it, and each dead letter once. A partition whose log has
/// forgotten what comes next stands still there: what it has is a beginning of that.
final class LedgerWorld: Sendable {
    /// How a run ended.
    struct Report: Equatable, Sendable {
        var events = 0
        var lost = 0
        var doubled = 0
        var stuck = 0
        var crashes = 0
        var pauses = 0
        /// Transactions given up at their end, times that the store was away, partitions that stand
        /// still because their log has forgotten what comes next.
        var aborts = 0
        var outages = 0
        var gaps = 0
        var entries = 0
        var deadLetters = 0
        var traceHash: UInt64 = 0
        /// The first thing that is wrong, for people.
        var problem: String?

        var isSound: Bool { lost == 0 && doubled == 0 && stuck == 0 && problem == nil }
    }

    private struct Stuck: Error {}

    private let simulation: Simulation
    private let log: SimulatedEventLog
    private let store: SimulatedLedgerStore
    private let partitions: Int
    private let events: Int
    private let options: LedgerPipeline.Options
    private let trouble: Trouble
    private let forgets: Bool

    /// What goes wrong in the store by chance.
    private final class Trouble: Sendable {
        let isDown = Atomic(false)
        let isOver = Atomic(false)
        let aborts = Atomic(0)
        let outages = Atomic(0)
        let abortsPer10000: Int
        private let random: Mutex<SeededGenerator>

        init(abortsPer10000: Int, seed: UInt64) {
            self.abortsPer10000 = abortsPer10000
            random = Mutex(SeededGenerator(seed: seed))
        }

        func drawAbort() -> Bool {
            let drawn = random.withLock { Int.random(in: 0..<10_000, using: &$0) }
            guard !isOver.load(ordering: .relaxed), drawn < abortsPer10000 else { return false }
            aborts.add(1, ordering: .relaxed)
            return true
        }

        func isAway() -> Bool {
            isDown.load(ordering: .relaxed) && !isOver.load(ordering: .relaxed)
        }
    }

    /// Makes a world; what goes wrong in it, and when, follows from `seed`.
    ///
    /// - Parameters:
    ///   - seed: Everything follows from it.
    ///   - events: How many records are appended, repeats not counted.
    ///   - flaw: A mistake that is planted.
    init(seed: UInt64, events: Int, flaw: LedgerFlaw? = nil) {
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        simulation = Simulation(seed: seed)
        partitions = Int.random(in: 2...4, using: &random)
        self.events = events
        options = LedgerPipeline.Options(
            lanes: Int.random(in: 1...3, using: &random),
            batchCount: Int.random(in: 1...64, using: &random),
            batchWait: .milliseconds(Int.random(in: 1...20, using: &random)),
            memory: 1 << 20
        )
        log = SimulatedEventLog(
            in: simulation,
            partitions: partitions,
            faults: EventLogFaults(
                repeatedPer10000: Int.random(in: 0...300, using: &random),
                skippedPer10000: Int.random(in: 0...500, using: &random),
                abortedPer10000: Int.random(in: 0...800, using: &random),
                eagerPer10000: Int.random(in: 0...1, using: &random)
                    * Int.random(in: 0...10_000, using: &random),
                hidesGaps: flaw == .lossPassedOver
            )
        )
        let faults = ServiceFaults(
            unreachablePer10000: Int.random(in: 0...400, using: &random),
            requestLostPer10000: Int.random(in: 0...300, using: &random),
            answerLostPer10000: Int.random(in: 0...500, using: &random),
            slowPer10000: Int.random(in: 0...300, using: &random)
        )
        forgets = Int.random(in: 0..<5, using: &random) == 0
        trouble = Trouble(
            abortsPer10000: Int.random(in: 0...600, using: &random),
            seed: seed ^ 0xAB0_27ED
        )
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let start = Duration.milliseconds(Int.random(in: 0...600, using: &random))
            let length = Duration.milliseconds(Int.random(in: 5...200, using: &random))
            simulation.after(start) { [trouble] in
                trouble.isDown.store(true, ordering: .relaxed)
                trouble.outages.add(1, ordering: .relaxed)
            }
            simulation.after(start + length) { [trouble] in
                trouble.isDown.store(false, ordering: .relaxed)
            }
        }
        store = SimulatedLedgerStore(
            service: SimulatedService("store", in: simulation, faults: faults),
            flaw: flaw,
            refuses: { [cursed = Self.cursedEvents(upTo: events)] in cursed.contains($0) },
            aborts: { [trouble] in trouble.drawAbort() },
            isDown: { [trouble] in trouble.isAway() }
        )
    }

    private static func cursedEvents(upTo events: Int) -> Set<[UInt8]> {
        var cursed: Set<[UInt8]> = []
        for number in 0..<events where LedgerModel.Kind(number) == .cursed {
            if let bytes = try? LedgerModel.bytes(number) { cursed.insert(bytes) }
        }
        return cursed
    }

    /// Runs the world to its end and looks at what came out.
    func run() async -> Report {
        let fleet = SimulatedFleet(in: simulation, count: 2, faults: FleetFaults()) { [self] in
            start(on: $0)
        }
        let report = Mutex(Report(events: events))
        let result = await simulation.run { [self] in
            fleet.begin()
            try await produce()
            if forgets { await forget() }
            try await simulation.clock.sleep(for: .milliseconds(500))
            fleet.calm()
            trouble.isOver.store(true, ordering: .relaxed)
            store.service.faults = .none
            do {
                try await waitUntilDone()
            } catch is Stuck {
                report.withLock { $0.stuck = 1 }
            }
            // Zombies may still do their worst.
            try await simulation.clock.sleep(for: .seconds(1))
            for partition in 0..<partitions { await check(partition, report) }
        }
        return report.withLock { report in
            report.crashes = fleet.crashCount
            report.pauses = fleet.pauseCount
            report.aborts = trouble.aborts.load(ordering: .relaxed)
            report.outages = trouble.outages.load(ordering: .relaxed)
            report.traceHash = result.traceHash
            if !result.isSuccess {
                report.stuck = 1
                report.problem = "\(result.outcome) \(result.error.map { "\($0)" } ?? "")"
            }
            return report
        }
    }

    private func produce() async throws {
        var next = Array(repeating: 0, count: partitions)
        var left = events
        while left > 0 {
            let partition = simulation.random(below: partitions)
            let count = min(left, 1 + simulation.random(below: 40))
            let numbers = next[partition]..<next[partition] + count
            let values = try numbers.map { try LedgerModel.bytes($0) }
            var chunk = LedgerSample.records(values, sequence: numbers.lowerBound)
            for index in chunk.elements.indices
            where !LedgerModel.Kind(chunk.elements[index].sequence).isNumbered {
                chunk.elements[index].producerCount = 0
            }
            _ = try await log.append(chunk.elements, in: chunk.bytes, to: partition)
            next[partition] += count
            left -= count
            if simulation.random(below: 4) == 0 {
                try await simulation.clock.sleep(for: .milliseconds(simulation.random(below: 20)))
            }
            if simulation.random(below: 12) == 0 { log.rebalance() }
        }
    }

    /// Has the log of a partition forget something that is not stored yet, if there is any.
    private func forget() async {
        let partition = simulation.random(below: partitions)
        let next = await store.truth.ledger(of: partition).cursor.nextOffset
        let end = log.end(of: partition)
        guard next < end else { return }
        log.forget(partition, before: next + 1 + simulation.random(below: end - next))
    }

    private func waitUntilDone() async throws {
        let limit = simulation.clock.now.advanced(by: .seconds(120))
        let patience = simulation.clock.now.advanced(by: .seconds(3))
        for partition in 0..<partitions {
            while true {
                let next = await store.truth.ledger(of: partition).cursor.nextOffset
                if next >= log.end(of: partition) { break }
                // What is forgotten never comes; what was under way may.
                if next < log.begin(of: partition), simulation.clock.now > patience { break }
                if simulation.clock.now > limit { throw Stuck() }
                try await simulation.clock.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Runs a process, which may be told to end, and then begins anew.
    private func start(on node: SimulatedNode) {
        let drain = DrainSwitch()
        let service = LedgerService(
            log: log.join(on: node),
            store: store,
            sign: LedgerSample.sign,
            runtime: simulation.runtime(on: node, drain: drain),
            options: options,
            drainDeadline: .milliseconds(50),
            onFailure: { _, _ in .restart(after: .milliseconds(5)) }
        )
        if simulation.random(below: 3) == 0 {
            let delay = Duration.milliseconds(simulation.random(below: 400))
            simulation.after(delay) { drain.request() }
        }
        node.spawn { [self] in
            try await service.run()
            start(on: node)
        }
    }

    private func check(_ partition: Int, _ report: borrowing Mutex<Report>) async {
        let ledger = await store.truth.ledger(of: partition)
        let everything = log.everything(in: partition)
        let next = ledger.cursor.nextOffset
        let standsStill = next < log.begin(of: partition)
        var model = LedgerModel()
        for record in everything.elements where !standsStill || record.offset < next {
            let bytes = Array(everything.bytes[record.range])
            model.take(number: record.sequence, at: record.offset, bytes)
        }
        let have = ledger.entries.reduce(into: [[UInt8]: Int]()) { $0[$1, default: 0] += 1 }
        let lost = model.entries.filter { have[$0] == nil }.count
        let doubled = have.values.reduce(0) { $0 + $1 - 1 }
        let problem = problem(ledger, model, partition)
        simulation.note(ledger.size)
        report.withLock { report in
            report.lost += lost
            report.doubled += doubled
            report.gaps += standsStill ? 1 : 0
            report.entries += ledger.size
            report.deadLetters += ledger.refused.count
            if report.problem == nil, let problem {
                report.problem = "partition \(partition): \(problem)"
            }
        }
    }

    /// What contradicts the promise, if anything does.
    private func problem(
        _ ledger: InMemoryLedgerStore.Ledger,
        _ model: LedgerModel,
        _ partition: Int
    ) -> String? {
        let expected = model.entries
        guard ledger.entries == expected else { return "entries are not those of the log in order" }
        let refused = ledger.refused.map {
            LedgerModel.Refusal(offset: $0.offset, reason: $0.reason)
        }
        guard refused == model.refused else {
            return
                "\(refused.count) dead letters, which are not the \(model.refused.count) expected"
        }
        let next = ledger.cursor.nextOffset
        guard next == log.end(of: partition) || next < log.begin(of: partition) else {
            return "the cursor is at \(ledger.cursor.nextOffset), not at the log's end"
        }
        var tree = CompactRange()
        var notes = ledger.notes[...]
        for (index, entry) in expected.enumerated() {
            tree.append(RFC6962.leafHash(entry))
            let note = notes.first.map { String(decoding: $0, as: UTF8.self) }
            guard let words = note?.split(separator: " "), words.count == 3 else { continue }
            if words[1] == "\(index + 1)" {
                guard words[2] == "\(tree.root)" else { return "checkpoint \(words[1]) is wrong" }
                notes.removeFirst()
            }
        }
        if !notes.isEmpty { return "\(notes.count) checkpoints are of no tree that ever was" }
        return tree.root == ledger.root || expected.isEmpty
            ? nil : "the root is not that of the log"
    }
}
