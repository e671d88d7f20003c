import ConformanceKit
import Cryptography
import LedgerGraph
import Ledgers
import Merkle
import Streams
import StreamsTesting
import Synchronization
import Testing

@Suite struct LedgerServiceTests {
    /// A log of `count` events of one producer, each tenth record bytes that are no event.
    static func log(_ count: Int, poison: Bool = true) async throws -> InMemoryEventLog {
        let log = InMemoryEventLog()
        let values = try (0..<count).map { number in
            poison && number % 10 == 7
                ? [0xFF, UInt8(number % 256)] : try LedgerSample.event(number)
        }
        let chunk = LedgerSample.records(values)
        _ = try await log.append(chunk.elements, in: chunk.bytes, to: 0)
        return log
    }

    static func expected(_ count: Int) throws -> CompactRange {
        var tree = CompactRange()
        for number in 0..<count where number % 10 != 7 {
            tree.append(RFC6962.leafHash(try LedgerSample.event(number)))
        }
        return tree
    }

    static let runtime = Runtime(
        clock: GraphClock(ContinuousClock()),
        wallNow: { 0 },
        random: { 0 }
    )

    static func drain<Store: LedgerStore>(
        _ log: InMemoryEventLog,
        into store: Store,
        _ options: LedgerPipeline.Options = LedgerPipeline.Options(),
        mode: ExecutionMode = .declared,
        runtime: Runtime = runtime,
        sign: @escaping TreeHeadSigner = LedgerSample.sign
    ) async throws {
        let service = LedgerService(
            log: log.join(holding: [0]),
            store: store,
            sign: sign,
            runtime: runtime,
            options: options,
            mode: mode,
            untilEnd: { log.end(of: $0) }
        )
        try await service.run()
    }

    /// Root, order, dead letters: nothing depends on lanes, batches, memory or where tasks begin.
    @Test(arguments: [
        (1, 1, 64 << 10), (1, 4_096, 32 << 20), (2, 100, 1 << 20), (3, 7, 64 << 10),
        (4, 1_000, 8 << 20),
    ])
    func rootDependsOnNothingButTheInput(lanes: Int, count: Int, memory: Int) async throws {
        let log = try await Self.log(1_500)
        let options = LedgerPipeline.Options(lanes: lanes, batchCount: count, memory: memory)
        for mode in [ExecutionMode.fused, .declared, .parallel(Window(chunk: 64, chunks: 3))] {
            let store = InMemoryLedgerStore()
            try await Self.drain(log, into: store, options, mode: mode)
            let ledger = await store.ledger(of: 0)
            let expected = try Self.expected(1_500)
            #expect(ledger.root == expected.root)
            #expect(ledger.size == 1_350)
            #expect(ledger.refused.map(\.offset) == Array(stride(from: 7, to: 1_500, by: 10)))
            #expect(ledger.cursor.nextOffset == 1_500)
            #expect(ledger.notes.last == Array("0 1350 \(expected.root)".utf8))
        }
    }

    /// Exactly once: cancelled at any moment and run again, the ledger is that of one quiet run.
    @Test(arguments: UInt64(0)..<30)
    func exactlyOnceThoughCancelledAtAnyMoment(seed: UInt64) async throws {
        let log = try await Self.log(400)
        let store = InMemoryLedgerStore()
        var random = SeededGenerator(seed: seed)
        let options = LedgerPipeline.Options(batchCount: 16)
        for _ in 0..<12 {
            let simulation = Simulation(seed: random.next())
            let runtime = simulation.runtime()
            let run = simulation.spawn {
                try await Self.drain(log, into: store, options, runtime: runtime)
            }
            simulation.at(step: Int.random(in: 1...400, using: &random)) { run.cancel() }
            simulation.advance(by: .seconds(1))
        }
        try await Self.drain(log, into: store, options)
        let ledger = await store.ledger(of: 0)
        #expect(ledger.root == (try Self.expected(400).root))
        #expect(ledger.refused.count == 40)
    }

    /// Records of a producer that come again under later offsets, as from a log that cannot know,
    /// add nothing.
    @Test func duplicatesOfAProducerAddNothing() throws {
        let claim = LedgerClaim(
            cursor: Cursor(nextOffset: 0, epoch: 1),
            tree: CompactRange(),
            note: [],
            marks: [Array("sample".utf8): 4]
        )
        var lane = LedgerLane(partition: 0, claim: claim)
        let first = try LedgerSample.ledgerBatch(0..<10, with: &lane)
        #expect(first.count == 5)
        #expect(first.duplicates == 5)
        let values = try (8..<12).map { try LedgerSample.event($0) }
        let records = LedgerSample.records(values, from: 10, sequence: 8)
        let second = try lane.commit(LedgerSample.batch(records, from: 10, to: 14))
        #expect(second.count == 2)
        #expect(second.duplicates == 2)
        #expect(second.parts.flatMap(\.elements).map(\.sequence) == [10, 11])
        #expect(second.marks == [ProducerMark(producer: Array("sample".utf8), sequence: 11)])
    }

    /// Outside of a sequence the event's identifier tells: same bytes are dropped, others refused.
    @Test func recognisesEventsByTheirIdentifier() async throws {
        let store = InMemoryLedgerStore()
        let log = InMemoryEventLog()
        let first = LedgerSample.records(try (0..<5).map { try LedgerSample.event($0) })
        _ = try await log.append(first.elements, in: first.bytes, to: 0)
        var again = LedgerSample.records([
            try LedgerSample.event(3), try LedgerSample.event(9),
            try LedgerSample.conflicting(with: 4), try LedgerSample.event(9),
        ])
        for index in again.elements.indices { again.elements[index].sequence = -1 }
        _ = try await log.append(again.elements, in: again.bytes, to: 0)
        try await Self.drain(log, into: store)
        let ledger = await store.ledger(of: 0)
        #expect(ledger.size == 6)
        #expect(ledger.refused.map(\.reason) == [.idConflict])
        #expect(ledger.refused.map(\.offset) == [7])
    }

    /// Verify before sign: a store that reads back other bytes is never given a signature.
    @Test func signsNothingThatWasNotReadBack() async throws {
        let log = try await Self.log(50, poison: false)
        let store = ForgingStore()
        let signed = Mutex(0)
        await #expect(throws: LedgerError.verificationFailed(index: 0)) {
            try await Self.drain(log, into: store) { partition, size, root throws(LedgerError) in
                signed.withLock { $0 += 1 }
                return try await LedgerSample.sign(partition, size, root)
            }
        }
        #expect(signed.withLock(\.self) == 0)
    }

    /// A record that the store refuses for good is found, kept aside, and holds up nothing else.
    @Test func poisonIsFoundByBisection() async throws {
        let log = try await Self.log(300, poison: false)
        let store = PickyStore(refusing: [0, 133, 134, 299])
        try await Self.drain(log, into: store, LedgerPipeline.Options(batchCount: 64))
        let ledger = await store.base.ledger(of: 0)
        #expect(ledger.refused.map(\.offset) == [0, 133, 134, 299])
        #expect(ledger.refused.allSatisfy { $0.reason == .rejectedByStore })
        #expect(ledger.size == 296)
        #expect(ledger.cursor.nextOffset == 300)
    }

    /// A store that refuses even a dead letter ends the work instead of being asked for ever.
    @Test func givesUpIfTheStoreRefusesEverything() async throws {
        let log = try await Self.log(20, poison: false)
        let store = PickyStore(refusing: [], refusingLetters: true)
        await #expect(throws: LedgerError.refused(reason: "not to my taste")) {
            try await Self.drain(log, into: store, LedgerPipeline.Options(batchCount: 8))
        }
        #expect(await store.base.ledger(of: 0).size == 0)
    }

    /// A signer that is away for a while delays the ledger and loses nothing.
    @Test func nothingIsLostWhileTheSignerFails() async throws {
        let log = try await Self.log(60, poison: false)
        let store = InMemoryLedgerStore()
        let failures = Mutex(5)
        let simulation = Simulation(seed: 3)
        let runtime = simulation.runtime()
        let run = simulation.spawn {
            try await Self.drain(
                log,
                into: store,
                LedgerPipeline.Options(batchCount: 16),
                runtime: runtime
            ) { partition, size, root throws(LedgerError) in
                let fails = failures.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if fails { throw .signingFailed(reason: "away") }
                return try await LedgerSample.sign(partition, size, root)
            }
        }
        simulation.advance(by: .seconds(60))
        try await run.value
        #expect(await store.ledger(of: 0).size == 60)
    }
}

/// Reads back something else than it was given.
private actor ForgingStore: LedgerStore {
    private let base = InMemoryLedgerStore()

    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try await base.claim(partition)
    }

    func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try await base.cursor(of: partition)
    }

    func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try await base.recentEvents(of: partition, limit: limit)
    }

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        try await base.commit(batch) { leaves throws(LedgerError) in
            var forged = leaves
            forged[0] = RFC6962.emptyRoot
            return try await seal(forged)
        }
    }
}

/// Refuses batches with certain offsets.
private actor PickyStore: LedgerStore {
    let base = InMemoryLedgerStore()
    private let offsets: Set<Int>

    private let refusesLetters: Bool

    init(refusing offsets: Set<Int>, refusingLetters: Bool = false) {
        self.offsets = offsets
        refusesLetters = refusingLetters
    }

    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try await base.claim(partition)
    }

    func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try await base.cursor(of: partition)
    }

    func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try await base.recentEvents(of: partition, limit: limit)
    }

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        if refusesLetters { throw .refused(reason: "not to my taste") }
        for part in batch.parts where part.elements.contains(where: { offsets.contains($0.offset) })
        {
            throw .refused(reason: "not to my taste")
        }
        try await base.commit(batch, seal: seal)
    }
}
