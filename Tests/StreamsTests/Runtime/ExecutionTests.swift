import Streams
import StreamsTesting
import Synchronization
import Testing

@Suite struct ExecutionTests {
    let simulation = Simulation(seed: 1)

    @Test func stopsWithTheNameOfTheStageThatFailed() async throws {
        let sink = Ledger<Int>()
        let blueprint = Blueprint("failing") { graph in
            graph.source("numbers") { Numbers(1_000) }
                .stage("checked") { _ in Failing(at: 700) }
                .sink("sink", sink.writer)
        }
        for mode in [ExecutionMode.fused, EquivalenceTests.parallel] {
            let error = await #expect(throws: GraphError.self) {
                try await blueprint.run(mode, on: .live)
            }
            guard case .stage("checked", let underlying) = error else {
                Issue.record("blames another: \(String(describing: error))")
                return
            }
            #expect(underlying as? Multiple == Multiple(of: 700))
        }
    }

    /// A graph that has ended keeps no stage, sink or buffer alive, however its tasks were cut.
    @Test func leavesNothingBehind() async throws {
        for mode in [ExecutionMode.fused, .declared, EquivalenceTests.parallel] {
            weak var left: Witness?
            do {
                let witness = Witness()
                left = witness
                let blueprint = Blueprint("short") { graph in
                    graph.source("numbers") { Numbers(100) }
                        .boundary()
                        .batch("batch", BatchLimits(count: 7))
                        .sink("sink") { _ in Holding<Batch<Int>>(witness: witness) }
                }
                try await blueprint.run(mode, on: .live)
            }
            #expect(left == nil)
        }
    }

    /// Batches close at 3 elements or 25 ms after their first, and say which.
    @Test func closesBatchesByCountAndByTime() async throws {
        let batches = Ledger<Batch<Int>>()
        let blueprint = Blueprint("timed") { graph in
            graph.source("ticks") { Ticks(7, every: .milliseconds(10)) }
                .filter("not two") { $0 != 2 && $0 != 6 }
                .batch("batch", BatchLimits(count: 3, elapsed: .milliseconds(25)))
                .sink("sink", batches.writer)
        }
        for mode in [ExecutionMode.fused, EquivalenceTests.parallel] {
            let before = batches.elements.count
            let runtime = Runtime(simulation)
            let run = simulation.spawn { try await blueprint.run(mode, on: runtime) }
            simulation.advance(by: .seconds(1))
            try await run.value
            let new = batches.elements[before...]
            #expect(new.map(\.elements) == [[0, 1], [3, 4, 5]])
            #expect(new.map(\.reason) == [.elapsed, .count])
            #expect(new.flatMap(\.lineage.ranges).map(\.upper) == [3, 6])
        }
    }

    @Test func closesBatchesByBytesAndAtTheEnd() async throws {
        let batches = Ledger<Batch<Int>>()
        let blueprint = Blueprint("bytes") { graph in
            graph.source("numbers") { Numbers(25) }
                .batch("batch", BatchLimits(bytes: 20, wholeChunks: true), size: { _ in 1 })
                .exactlyOnceSink("sink", batches.writer)
        }
        try await blueprint.run(.fused, on: .live)
        #expect(batches.elements.map(\.elements.count) == [25])
        #expect(batches.elements.map(\.reason) == [.bytes])
        let exact = [Lineage([OffsetRange(partition: 0, lower: 0, upper: 25)])]
        #expect(batches.elements.map(\.lineage) == exact)
    }

    @Test func drainsWhatTheSourceHasDelivered() async throws {
        let sink = Ledger<Int>()
        let drain = DrainSwitch()
        let blueprint = Blueprint("endless") { graph in
            graph.source("ticks") { Ticks(.max, every: .milliseconds(10)) }
                .batch("batch", BatchLimits(count: 100))
                .flatMap("open") { batch, output in output += batch.elements }
                .sink("sink", sink.writer)
        }
        let runtime = Runtime(simulation, drain: drain)
        let run = simulation.spawn {
            try await blueprint.run(EquivalenceTests.parallel, on: runtime)
        }
        simulation.advance(by: .milliseconds(45))
        #expect(sink.elements.isEmpty)
        drain.request()
        simulation.advance(by: .milliseconds(10))
        try await run.value
        #expect(sink.elements == [0, 1, 2, 3, 4])
    }

    /// Even one that waits for a time far away.
    @Test func drainWakesASourceThatSleeps() async throws {
        let sink = Ledger<Int>()
        let drain = DrainSwitch()
        let blueprint = Blueprint("slow") { graph in
            graph.source("ticks") { Ticks(.max, every: .seconds(3_600)) }
                .sink("sink", sink.writer)
        }
        let runtime = Runtime(simulation, drain: drain)
        let run = simulation.spawn { try await blueprint.run(.fused, on: runtime) }
        simulation.advance(by: .milliseconds(1))
        drain.request()
        simulation.settle()
        try await run.value
        #expect(sink.elements == [0])
    }

    @Test func cancellationReachesEveryTask() async throws {
        let sink = Ledger<Int>()
        let blueprint = Blueprint("endless") { graph in
            graph.source("ticks") { Ticks(.max, every: .milliseconds(10)) }
                .partition("lanes", lanes: 2) { UInt32($0) }
                .merged("merged")
                .sink("sink", sink.writer)
        }
        let runtime = Runtime(simulation)
        let run = simulation.spawn {
            try await blueprint.run(EquivalenceTests.parallel, on: runtime)
        }
        simulation.advance(by: .milliseconds(25))
        run.cancel()
        simulation.settle()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(sink.elements.sorted() == [0, 1, 2])
    }

    /// A chunk may be as large as the window, and larger in bytes, without a wait for ever.
    @Test func passesChunksThatFillTheWindow() async throws {
        let sink = Ledger<Int>()
        let blueprint = Blueprint("narrow") { graph in
            graph.source("numbers") { Numbers(1_000) }
                .filter("few") { $0 < 100 || $0 % 50 == 0 }
                .boundary(Window(chunk: 16, chunks: 1, bytes: 100))
                .sink("sink", sink.writer)
        }
        let runtime = Runtime(simulation, chunkLimit: 17)
        let run = simulation.spawn { try await blueprint.run(.declared, on: runtime) }
        simulation.settle()
        try await run.value
        #expect(sink.elements.count == 118)
    }

    /// The source may be no further ahead of a sink that stands still than all windows together.
    @Test func standsStillWhenTheSinkDoes() async throws {
        let pulled = Mutex(0)
        try await confirmation { opened in
            let gate = Gate()
            let blueprint = Blueprint("slow") { graph in
                graph.source("numbers") { Numbers(10_000) }
                    .map("watched") { number in
                        pulled.withLock { $0 = max($0, number) }
                        return number
                    }
                    .boundary(Window(chunk: 16, chunks: 4))
                    .sink("slow") { _ in Gated<Int>(gate: gate) }
            }
            #expect(blueprint.describe().hasSuffix("in flight: at most 64 elements, 8388608 bytes"))
            let runtime = Runtime(simulation)
            let run = simulation.spawn { try await blueprint.run(.declared, on: runtime) }
            simulation.settle()
            #expect(pulled.withLock(\.self) < 64 + 2 * 16 + 16)
            gate.open()
            simulation.settle()
            try await run.value
            #expect(pulled.withLock(\.self) == 9_999)
            opened()
        }
    }
}

/// Lets through once it has been opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func open() {
        continuation.finish()
    }

    func pass() async {
        for await _ in stream {}
    }
}

struct Gated<Element: Sendable>: Sink {
    let gate: Gate

    func write(_ chunk: Chunk<Element>) async {
        await gate.pass()
    }
}

/// What a sink holds.
private final class Witness: Sendable {}

/// Takes everything, and holds something.
private struct Holding<Element: Sendable>: Sink {
    let witness: Witness

    mutating func write(_ chunk: Chunk<Element>) async throws {}
}
