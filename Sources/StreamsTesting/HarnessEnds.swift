import Streams
import Synchronization

/// What a test has pushed and the stage has not yet read.
final class HarnessInlet<Input: Sendable>: Sendable {
    private struct State {
        var pushed: [(elements: [Input], bytes: [UInt8])] = []
        var isFinished = false
        var offset = 0
    }

    private let state = Mutex(State())
    let signal = ChangeSignal()

    func add(_ elements: [Input], _ bytes: [UInt8]) {
        state.withLock { $0.pushed.append((elements, bytes)) }
        signal.signal()
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        signal.signal()
    }

    /// Takes one push.
    func poll(into chunk: inout Chunk<Input>) -> Pulled {
        state.withLock { state in
            guard !state.pushed.isEmpty else { return state.isFinished ? .finished : .nothing }
            let next = state.pushed.removeFirst()
            chunk.elements = next.elements
            chunk.bytes = next.bytes
            let lower = state.offset
            state.offset += next.elements.count
            return .elements(OffsetRange(partition: 0, lower: lower, upper: state.offset))
        }
    }
}

/// Reads what a test pushes.
struct HarnessSource<Input: Sendable>: Source, Sendable {
    typealias Element = Input
    typealias Replay = Replayable

    let inlet: HarnessInlet<Input>
    private var seen = 0

    init(inlet: HarnessInlet<Input>) {
        self.inlet = inlet
    }

    mutating func poll(into chunk: inout Chunk<Input>, limit: ChunkLimit) throws -> Pulled {
        seen = inlet.signal.version
        return inlet.poll(into: &chunk)
    }

    mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        try await inlet.signal.wait(after: seen, until: deadline, on: clock)
    }
}

/// What has come out of a stage.
final class HarnessOutlet<Output: Sendable>: Sendable {
    private struct State {
        var chunks: [Chunk<Output>] = []
        var doneCount = 0
        var error: (any Error)?
    }

    private let state = Mutex(State())

    var chunks: [Chunk<Output>] { state.withLock { $0.chunks } }

    var doneCount: Int { state.withLock { $0.doneCount } }

    func take(_ chunk: Chunk<Output>) {
        state.withLock { state in
            if !chunk.elements.isEmpty { state.chunks.append(chunk) }
            let done = chunk.notes.lineage.upperBound(of: 0)
            state.doneCount = max(state.doneCount, done ?? 0)
        }
    }

    func fail(_ error: any Error) {
        state.withLock { $0.error = error }
    }

    func check() throws {
        if let error = state.withLock({ $0.error }) { throw error }
    }
}

/// Keeps what comes out.
struct HarnessSink<Output: Sendable>: Sink {
    typealias Element = Output

    let outlet: HarnessOutlet<Output>

    mutating func write(_ chunk: Chunk<Output>) async throws {
        outlet.take(chunk)
    }
}
