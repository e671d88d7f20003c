import Streams
import StreamsTesting
import Synchronization
import Testing

/// A log of two partitions, one cursor store, and workers that note what they have committed.
private final class World: Sendable {
    let simulation: Simulation
    let clock: GraphClock
    let log = InMemoryEventLog(partitions: 2)
    let store = InMemoryCursorStore()
    let committed = Mutex<[[Int]]>([[], []])
    let notes = Mutex<[String]>([])

    init(seed: UInt64) {
        simulation = Simulation(seed: seed)
        clock = GraphClock(simulation.clock)
    }

    func note(_ text: String) {
        notes.withLock { $0.append(text) }
    }

    func fill(_ count: Int, partition: Int = 0) async throws {
        for number in 0..<count {
            let record = LogRecord(offset: 0, start: 0, count: 1)
            _ = try await log.append([record], in: [UInt8(number % 256)], to: partition)
        }
    }

    /// Reads four records at a time, is busy with them for `busy`, and commits them.
    func work(
        on member: InMemoryEventLogMember,
        busy: Duration
    )
        -> PartitionService<
            InMemoryEventLogMember
        >.Work
    {
        { [self] partition, drain in
            let claim = try await store.claim(partition)
            var reader = try await member.reader(of: partition, from: claim.nextOffset)
            while !drain.isRequested {
                var chunk = Chunk<LogRecord>()
                switch try reader.poll(into: &chunk, limit: ChunkLimit(elements: 4)) {
                case .elements(let range):
                    try await simulation.clock.sleep(for: busy)
                    try await store.advance(range, epoch: claim.epoch)
                    let offsets = chunk.elements.map(\.offset)
                    committed.withLock { $0[partition] += offsets }
                    note("commit \(partition) up to \(range.upper)")
                case .nothing:
                    let soon = clock.now() + .milliseconds(1)
                    try await reader.wait(until: soon, on: clock)
                case .finished:
                    return
                }
            }
            note("end \(partition)")
        }
    }

    func service(
        _ member: InMemoryEventLogMember,
        drain: DrainSwitch = DrainSwitch(),
        busy: Duration = .milliseconds(1)
    ) -> PartitionService<InMemoryEventLogMember> {
        PartitionService(
            log: member,
            clock: clock,
            drain: drain,
            drainDeadline: .milliseconds(500),
            onFailure: { [self] partition, error in
                note("failure \(partition)")
                return error is CursorError ? .stopPartition : .stopService
            },
            work: work(on: member, busy: busy)
        )
    }

    func sleep(_ milliseconds: Int) async throws {
        try await simulation.clock.sleep(for: .milliseconds(milliseconds))
    }
}

@Suite struct PartitionServiceTests {
    private func run(
        _ seed: UInt64,
        _ body: @escaping @Sendable (World) async throws -> Void
    ) async {
        let world = World(seed: seed)
        let result = await world.simulation.run { try await body(world) }
        #expect(result.isSuccess, "\(result.outcome) \(String(describing: result.error))")
    }

    @Test(arguments: UInt64(0)..<20)
    func commitsEveryPartitionInOrder(seed: UInt64) async {
        await run(seed) { world in
            let member = world.log.join(holding: [0, 1])
            let drain = DrainSwitch()
            async let service: Void = world.service(member, drain: drain).run()
            try await world.fill(30, partition: 0)
            try await world.fill(20, partition: 1)
            try await world.sleep(2_000)
            drain.request()
            try await service
            #expect(world.committed.withLock { $0 } == [Array(0..<30), Array(0..<20)])
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func drainFinishesWhatWasBegunAndLeaves(seed: UInt64) async {
        await run(seed) { world in
            let member = world.log.join(holding: [0])
            let drain = DrainSwitch()
            try await world.fill(100)
            async let service: Void = world.service(member, drain: drain, busy: .milliseconds(50))
                .run()
            try await world.sleep(120)
            drain.request()
            try await service
            let committed = world.committed.withLock { $0[0] }
            let cursor = try await world.store.cursor(of: 0)
            #expect(committed == Array(0..<cursor.nextOffset))
            #expect(cursor.nextOffset > 0 && cursor.nextOffset < 100)
            #expect(world.notes.withLock { $0.last } == "end 0")
            #expect(try await member.nextChange() == nil)
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func revokeFlushesBeforeItReleases(seed: UInt64) async {
        await run(seed) { world in
            let old = world.log.join(holding: [0])
            let new = world.log.join()
            try await world.fill(40)
            async let first: Void = world.service(old, busy: .milliseconds(20)).run()
            try await world.sleep(50)
            world.log.assign([0], to: new)
            world.log.revoke([0], from: old)
            let change = try await new.nextChange()
            #expect(change == .assigned([0]))
            #expect(world.notes.withLock { $0.last } == "end 0")
            let cursor = try await world.store.claim(0)
            #expect(world.committed.withLock { $0[0] } == Array(0..<cursor.nextOffset))
            await old.close()
            try await first
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func lostCommitsNothingMore(seed: UInt64) async {
        await run(seed) { world in
            let member = world.log.join(holding: [0])
            try await world.fill(40)
            async let service: Void = world.service(member, busy: .milliseconds(20)).run()
            try await world.sleep(70)
            world.log.lose([0], from: member)
            // Long enough for the notice to arrive, too short for a batch that was not yet begun.
            try await world.sleep(19)
            let before = try await world.store.cursor(of: 0)
            try await world.sleep(300)
            #expect(try await world.store.cursor(of: 0) == before)
            #expect(!world.notes.withLock { $0.contains("end 0") })
            await member.close()
            try await service
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func aZombieIsFenced(seed: UInt64) async {
        await run(seed) { world in
            let node = world.simulation.node("zombie")
            let old = world.log.join(holding: [0])
            let new = world.log.join()
            try await world.fill(60)
            node.spawn { try await world.service(old, busy: .milliseconds(20)).run() }
            try await world.sleep(70)
            node.pause()
            world.log.lose([0], from: old)
            world.log.assign([0], to: new)
            let drain = DrainSwitch()
            async let service: Void = world.service(new, drain: drain).run()
            try await world.sleep(30)
            node.resume()
            try await world.sleep(2_000)
            drain.request()
            try await service
            #expect(world.committed.withLock { $0[0] } == Array(0..<60))
            #expect(try await world.store.cursor(of: 0) == Cursor(nextOffset: 60, epoch: 2))
        }
    }

    @Test func workThatWillNotDrainIsCancelledAtTheDeadline() async {
        await run(1) { world in
            let member = world.log.join(holding: [0])
            try await world.fill(4)
            async let service: Void = world.service(member, busy: .seconds(3_600)).run()
            try await world.sleep(10)
            let before = world.simulation.clock.now
            world.log.assign([0], to: world.log.join())
            world.log.revoke([0], from: member)
            try await world.sleep(1_000)
            #expect(try await world.store.cursor(of: 0).nextOffset == 0)
            #expect(world.simulation.clock.now.offset - before.offset < .seconds(2))
            await #expect(throws: EventLogError.notAssigned(partition: 0)) {
                _ = try await member.reader(of: 0, from: 0)
            }
            await member.close()
            try await service
        }
    }

    @Test func aFailureStopsTheServiceAndNamesThePartition() async {
        struct Broken: Error {}
        await run(2) { world in
            let member = world.log.join(holding: [0, 1])
            let drained = Mutex(false)
            let service = PartitionService(log: member, clock: world.clock) { partition, drain in
                if partition == 1 { throw Broken() }
                while !drain.isRequested { try await world.sleep(1) }
                drained.withLock { $0 = true }
            }
            let failure = await #expect(throws: PartitionFailure.self) { try await service.run() }
            #expect(failure?.partition == 1)
            #expect(failure?.underlying is Broken)
            #expect(drained.withLock { $0 })
        }
    }

    @Test func aFailureCanBeTriedAgain() async {
        struct Broken: Error {}
        await run(3) { world in
            let member = world.log.join(holding: [0])
            let drain = DrainSwitch()
            let attempts = Mutex<[Duration]>([])
            let service = PartitionService(
                log: member,
                clock: world.clock,
                drain: drain,
                onFailure: { _, _ in .restart(after: .seconds(1)) },
                work: { _, drain in
                    let count = attempts.withLock { attempts in
                        attempts.append(world.clock.now())
                        return attempts.count
                    }
                    guard count == 3 else { throw Broken() }
                    drain.request()
                }
            )
            async let running: Void = service.run()
            try await world.sleep(5_000)
            drain.request()
            try await running
            let times = attempts.withLock { $0 }
            #expect(times.count == 3)
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) })
        }
    }

    @Test func cancellingCancelsTheWorkAndLeaves() async {
        await run(4) { world in
            let node = world.simulation.node("service")
            let member = world.log.join(holding: [0])
            try await world.fill(4)
            let service = world.service(member, busy: .seconds(3_600))
            let task = node.spawn { try await service.run() }
            try await world.sleep(10)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await member.nextChange() == nil)
            #expect(try await world.store.cursor(of: 0).nextOffset == 0)
        }
    }
}
