import Streams
import StreamsTesting
import Synchronization
import Testing

/// What may be under way on an edge is bounded, in elements and in bytes, whatever crosses it.
@Suite struct EdgeTests {
    let simulation = Simulation(seed: 7)

    /// Chunks of one number each, with an arena of a size.
    struct Blobs: Source {
        typealias Replay = Replayable

        let count: Int
        let bytes: Int
        let pulled: Counter
        private var position = 0

        init(_ count: Int, of bytes: Int, pulled: Counter) {
            self.count = count
            self.bytes = bytes
            self.pulled = pulled
        }

        mutating func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) -> Pulled {
            if position == count { return .finished }
            chunk.elements.append(position)
            chunk.bytes.append(contentsOf: repeatElement(UInt8(position % 256), count: bytes))
            position += 1
            pulled.count = position
            return .elements(OffsetRange(partition: 0, lower: position - 1, upper: position))
        }
    }

    final class Counter: Sendable {
        private let value = Mutex(0)

        var count: Int {
            get { value.withLock(\.self) }
            set { value.withLock { $0 = newValue } }
        }
    }

    /// Runs `blueprint` against a closed gate, returns how far the source came, and opens the gate.
    func pulledBeforeTheGate(
        _ gate: Gate,
        _ pulled: Counter,
        _ blueprint: Blueprint
    ) async throws -> Int {
        let runtime = Runtime(simulation)
        let run = simulation.spawn { try await blueprint.run(.declared, on: runtime) }
        simulation.settle()
        let before = pulled.count
        gate.open()
        simulation.settle()
        try await run.value
        return before
    }

    /// The window, what the producer has in hand, and what the consumer has in hand.
    @Test func countsTheBytesOfArenas() async throws {
        let (gate, pulled) = (Gate(), Counter())
        let blueprint = Blueprint("bytes") { graph in
            graph.source("blobs") { Blobs(500, of: 1_000, pulled: pulled) }
                .boundary(Window(bytes: 10_000))
                .sink("slow") { _ in Gated<Int>(gate: gate) }
        }
        #expect(try await pulledBeforeTheGate(gate, pulled, blueprint) <= 10 + 3 + 3)
        #expect(pulled.count == 500)
    }

    @Test func countsWhatBatchesKeepAlive() async throws {
        let (gate, pulled) = (Gate(), Counter())
        let blueprint = Blueprint("batches") { graph in
            graph.source("blobs") { Blobs(500, of: 1_000, pulled: pulled) }
                .batch("pairs", BatchLimits(count: 2, wholeChunks: true))
                .boundary(Window(bytes: 10_000))
                .sink("slow") { _ in Gated<Batch<Int>>(gate: gate) }
        }
        #expect(try await pulledBeforeTheGate(gate, pulled, blueprint) <= 10 + 4 + 4)
        #expect(pulled.count == 500)
    }

    /// Else the lanes that go on would be gathered without bound behind the one that does not.
    @Test func boundsALaneThatGetsNoElements() async throws {
        let (gate, pulled) = (Gate(), Counter())
        let blueprint = Blueprint("skewed") { graph in
            graph.source("blobs") { Blobs(500, of: 10, pulled: pulled) }
                .partition("lanes", lanes: 2) { UInt32($0 == 0 ? 1 : 0) }
                .boundary(Window(chunk: 8, chunks: 4))
                .sink("one stands still") { GatedLane(gate: $0 == 1 ? gate : nil) }
        }
        #expect(try await pulledBeforeTheGate(gate, pulled, blueprint) <= 4 * 4 + 2 * 4 + 1)
        #expect(pulled.count == 500)
    }

    struct GatedLane: Sink {
        let gate: Gate?

        func write(_ chunk: Chunk<Int>) async {
            await gate?.pass()
        }
    }
}
