import Streams
import StreamsTesting
import Synchronization

/// The integers up to a count, as one partition, in chunks of any size.
struct Numbers: Source {
    typealias Replay = Replayable

    let count: Int
    private var position = 0

    init(_ count: Int) {
        self.count = count
    }

    mutating func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) -> Pulled {
        if position == count { return .finished }
        let range = position..<min(count, position + limit.elements)
        chunk.elements.append(contentsOf: range)
        position = range.upperBound
        return .elements(
            OffsetRange(partition: 0, lower: range.lowerBound, upper: range.upperBound)
        )
    }
}

/// One integer every `interval`, on the graph's clock.
struct Ticks: Source {
    typealias Replay = Ephemeral

    let count: Int
    let interval: Duration
    private var position = 0
    private var now = Duration.zero

    init(_ count: Int, every interval: Duration) {
        self.count = count
        self.interval = interval
    }

    mutating func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) -> Pulled {
        if position == count { return .finished }
        if now < interval * position { return .nothing }
        chunk.elements.append(position)
        position += 1
        return .elements(OffsetRange(partition: 0, lower: position - 1, upper: position))
    }

    mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        let due = interval * position
        try await clock.sleep(min(due, deadline ?? due))
        now = clock.now()
    }
}

extension Batch {
    /// The elements of all parts.
    var elements: [Element] { parts.flatMap(\.elements) }
}

/// What sinks have been given, lane by lane.
final class Ledger<Element: Sendable>: Sendable {
    struct Writer: TransactionalSink {
        let ledger: Ledger
        let lane: Int

        func write(_ chunk: Chunk<Element>) {
            ledger.state.withLock { state in
                state[lane, default: Chunk()].elements.append(contentsOf: chunk.elements)
                state[lane, default: Chunk()].notes.add(chunk.notes)
            }
        }
    }

    private let state = Mutex<[Int: Chunk<Element>]>([:])

    func writer(_ lane: Int) -> Writer {
        Writer(ledger: self, lane: lane)
    }

    /// Of all lanes, in order of lanes.
    var elements: [Element] {
        state.withLock { state in state.sorted { $0.key < $1.key }.flatMap(\.value.elements) }
    }

    func lineage(_ lane: Int) -> Lineage? {
        state.withLock { $0[lane]?.notes.lineage }
    }
}

struct Multiple: Error, Equatable {
    let of: Int
}

/// Refuses multiples of ten.
func notTen(_ number: Int) throws(Multiple) -> Int {
    if number % 10 == 0 { throw Multiple(of: 10) }
    return number
}

/// Gives every element of a lane its place in it.
struct Counting: Stage {
    struct Counted: Equatable, Sendable {
        let number: Int
        let place: Int
    }

    private var place = 0

    mutating func process(_ input: Span<Int>, _ bytes: Span<UInt8>, into output: inout [Counted]) {
        for index in input.indices {
            output.append(Counted(number: input[index], place: place))
            place += 1
        }
    }
}

/// Throws at a number.
struct Failing: Stage {
    let at: Int

    func process(_ input: Span<Int>, _ bytes: Span<UInt8>, into output: inout [Int]) throws {
        for index in input.indices {
            if input[index] == at { throw Multiple(of: at) }
            output.append(input[index])
        }
    }
}

/// The commitment of a log of integers: a sum that depends on their order.
struct RunningSum: CommitLog {
    private var sum = 0

    mutating func commit(_ batch: Batch<Counting.Counted>) -> Int {
        for counted in batch.elements { sum = sum &* 31 &+ counted.number }
        return sum
    }
}

extension Runtime {
    static let live = Runtime(
        clock: GraphClock(ContinuousClock()),
        wallNow: { 0 },
        random: { 0 },
        chunkLimit: ChunkLimit(elements: 16)
    )

    /// In `simulation`, all of it.
    init(_ simulation: Simulation, chunkLimit: Int = 16, drain: DrainSwitch = DrainSwitch()) {
        self.init(
            executor: simulation.executor,
            clock: GraphClock(simulation.clock),
            wallNow: { 0 },
            random: { 0 },
            drain: drain,
            chunkLimit: ChunkLimit(elements: chunkLimit)
        )
    }
}
