import Streams
import StreamsTesting
import Synchronization
import Testing

/// A batch of whole chunks stands for its offsets exactly: nothing less, nothing more.
@Suite struct BatcherTests {
    /// Keeps batches, and takes its time over each.
    struct Slow: TransactionalSink {
        let batches: Ledger<Batch<Int>>
        let clock: GraphClock
        let pause: Duration

        func write(_ chunk: Chunk<Batch<Int>>) async throws {
            batches.writer(0).write(chunk)
            try await clock.sleep(clock.now() + pause)
        }
    }

    /// Takes its time over every chunk.
    struct Dawdling: Sink {
        let clock: GraphClock
        let pause: Duration

        func write(_ chunk: Chunk<Int>) async throws {
            try await clock.sleep(clock.now() + pause)
        }
    }

    static func blueprint(
        into batches: Ledger<Batch<Int>>,
        on clock: GraphClock,
        limits: BatchLimits,
        window: Window
    ) -> Blueprint {
        Blueprint("exact") { graph in
            let both = graph.source("numbers") { Numbers(200) }
                .boundary(window)
                .decode("not ten", notTen)
                .rejectedWithBatch("tens")
                .partition("lanes", lanes: 3) { UInt32($0 % 5) }
                .boundary(window)
                .filter("not four") { $0 % 4 != 0 }
                .sequenced("in order") { $0 }
                .broadcast("both")
            both.first.batch("batch", limits)
                .boundary(Window(chunk: 1, chunks: 1))
                .exactlyOnceSink("slow") { _ in
                    Slow(batches: batches, clock: clock, pause: .milliseconds(7))
                }
            both.second.sink("dawdling") { _ in
                Dawdling(clock: clock, pause: .milliseconds(4))
            }
        }
    }

    /// Whatever closes it, and whatever crosses which edge when.
    @Test(arguments: UInt64(0)..<60)
    func batchesOfWholeChunksAreExact(seed: UInt64) async throws {
        let simulation = Simulation(seed: seed)
        let runtime = Runtime(simulation, chunkLimit: 5 + Int(seed % 17))
        let batches = Ledger<Batch<Int>>()
        let limits = BatchLimits(
            count: 3 + Int(seed % 50),
            elapsed: .milliseconds(1 + Int(seed % 9)),
            wholeChunks: true
        )
        let blueprint = Self.blueprint(
            into: batches,
            on: runtime.clock,
            limits: limits,
            window: Window(chunk: 1 + Int(seed % 5), chunks: 1 + Int(seed % 3))
        )
        let mode = seed % 2 == 0 ? ExecutionMode.declared : EquivalenceTests.parallel
        let run = simulation.spawn { try await blueprint.run(mode, on: runtime) }
        simulation.advance(by: .seconds(60))
        try await run.value

        var next = 0
        for batch in batches.elements {
            let range = try #require(batch.lineage.ranges.first)
            #expect(batch.lineage.ranges.count == 1 && range.lower == next)
            let numbers = range.lower..<range.upper
            #expect(batch.elements == numbers.filter { $0 % 10 != 0 && $0 % 4 != 0 })
            let refused = batch.rejections.compactMap { $0.input as? Int }
            #expect(refused.sorted() == numbers.filter { $0 % 10 == 0 })
            next = range.upper
        }
        #expect(next == 200)
    }

    /// The time may be up while half of a chunk is still on its way.
    @Test func closesByTimeOnlyWhereAChunkEnds() async throws {
        let simulation = Simulation(seed: 1)
        let runtime = Runtime(simulation, chunkLimit: 16)
        let batches = Ledger<Batch<Int>>()
        let clock = runtime.clock
        let blueprint = Blueprint("late") { graph in
            let both = graph.source("numbers") { Numbers(32) }
                .boundary(Window(chunk: 4, chunks: 1))
                .broadcast("both")
            both.first
                .batch("batch", BatchLimits(elapsed: .milliseconds(10), wholeChunks: true))
                .exactlyOnceSink("batches", batches.writer)
            both.second.sink("slow") { _ in Dawdling(clock: clock, pause: .milliseconds(30)) }
        }
        let run = simulation.spawn { try await blueprint.run(.declared, on: runtime) }
        simulation.advance(by: .seconds(1))
        try await run.value
        #expect(batches.elements.map(\.count) == [16, 16])
        #expect(batches.elements.first?.reason == .elapsed)
    }

    /// Few elements can keep many arenas alive; that closes a batch too.
    @Test func closesWhenItKeepsTooMuchAlive() async throws {
        let batches = Ledger<Batch<ArenaTests.Word>>()
        let blueprint = Blueprint("sparse") { graph in
            graph.source("words") { ArenaTests.Words(1_000) }
                .filter("few") { $0.number % 100 == 0 }
                .batch("batch", BatchLimits(heldBytes: 200))
                .sink("batches", batches.writer)
        }
        try await blueprint.run(.fused, on: .live)
        #expect(batches.elements.flatMap(\.elements).count == 10)
        let closed = batches.elements.filter { $0.reason == .bytes }
        #expect(closed.count >= 4)
        #expect(closed.allSatisfy { $0.heldBytes < 200 + 16 * 24 + 16 * 6 })
        #expect(blueprint.describe().contains("in batches: at most 200 bytes"))
    }
}
