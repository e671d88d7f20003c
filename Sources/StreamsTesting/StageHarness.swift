public import Streams
import Synchronization

/// One stage, or a section of operators, under a clock that a test moves.
///
/// The stage runs in the real runtime, on an executor that the harness steps: ``push(_:)`` returns
/// when the stage has done all it can at this instant, and so does ``VirtualClock/advance(to:)`` of
/// its clock. Nothing sleeps, nothing is polled, and what comes out is there when the call returns.
///
/// ```swift
/// let clock = VirtualClock()
/// let batch = StageHarness<Int, Batch<Int>>(
///     batch: BatchLimits(count: 100, elapsed: .seconds(1)),
///     clock: clock
/// )
/// try batch.push(1, 2)
/// #expect(clock.registeredDeadline == .seconds(1))
/// clock.advance(to: .seconds(1))
/// #expect(batch.lastFlush == .elapsed)
/// ```
public final class StageHarness<Input: Sendable, Output: Sendable>: Sendable {
    /// What a harness feeds: all facts hold, so that every operator can follow.
    public typealias Feed = Flow<Input, Facts<TotalOrder, Replayable, Never>>
    /// What must come out: every failure has been dealt with by name.
    public typealias Product = Flow<Output, Facts<TotalOrder, Replayable, Never>>

    /// The clock that the stage's deadlines are measured on.
    public let clock: VirtualClock
    private let world: Simulation
    private let inlet = HarnessInlet<Input>()
    private let outlet = HarnessOutlet<Output>()

    /// Runs what `section` adds to a flow.
    ///
    /// - Parameters:
    ///   - clock: Moved by the test; one clock may serve several harnesses.
    ///   - section: The operators under test.
    public init(
        clock: VirtualClock = VirtualClock(),
        section: (consuming Feed) -> Product
    ) {
        self.clock = clock
        world = Simulation(seed: 0, schedule: SimulationSchedule(policy: .firstInFirstOut))
        let blueprint = Blueprint("harness") { [inlet, outlet] graph in
            section(graph.source("push") { HarnessSource(inlet: inlet) })
                .sink("output") { _ in HarnessSink(outlet: outlet) }
        }
        let runtime = Runtime(
            executor: world.executor,
            clock: GraphClock(clock),
            wallNow: { [clock] in clock.now.offset.nanoseconds },
            random: { 0 }
        )
        world.spawn { [outlet] in
            do {
                try await blueprint.run(.fused, on: runtime)
            } catch {
                outlet.fail(error)
            }
        }
        clock.whenMoved { [weak world] in world?.settle() }
        world.settle()
    }

    deinit {
        world.core.onQueue { world.core.bury() }
    }

    /// Runs one stage.
    ///
    /// - Parameters:
    ///   - clock: Moved by the test.
    ///   - make: Makes the stage, in the actor that runs it.
    public convenience init<S: Stage>(
        clock: VirtualClock = VirtualClock(),
        stage make: @escaping @Sendable () -> S
    ) where S.Input == Input, S.Output == Output {
        self.init(clock: clock) { flow in flow.stage("stage") { _ in make() } }
    }

    /// Gives the stage elements, as one chunk, and lets it do all it can.
    ///
    /// - Throws: What the stage threw, now or before.
    public func push(_ elements: Input...) throws {
        try push(elements)
    }

    /// Gives the stage elements with the arena that they point into, as one chunk.
    ///
    /// - Throws: What the stage threw, now or before.
    public func push(_ elements: [Input], bytes: [UInt8] = []) throws {
        inlet.add(elements, bytes)
        world.settle()
        try outlet.check()
    }

    /// Ends the flow: what the stage still holds comes out.
    ///
    /// - Throws: What the stage threw, now or before.
    public func finish() throws {
        inlet.finish()
        world.settle()
        try outlet.check()
    }

    /// Everything that has come out, in order.
    public var output: [Output] { outlet.chunks.flatMap(\.elements) }

    /// The chunks that have come out, each with its arena and what rode beside it.
    public var chunks: [Chunk<Output>] { outlet.chunks }

    /// How many of the pushed elements the sink has been told are done.
    public var doneCount: Int { outlet.doneCount }

    /// When the stage wants to go on by itself, as time since the clock was made.
    public var deadline: Duration? { clock.registeredDeadline }
}

extension StageHarness {
    /// Runs the batch operator.
    ///
    /// - Parameters:
    ///   - limits: When a batch closes.
    ///   - size: How many bytes an element counts for; its stride if nothing is said.
    ///   - clock: Moved by the test.
    public convenience init(
        batch limits: BatchLimits,
        size: (@Sendable (Input) -> Int)? = nil,
        clock: VirtualClock = VirtualClock()
    ) where Output == Batch<Input> {
        self.init(clock: clock) { flow in flow.batch("batch", limits, size: size) }
    }
}

extension StageHarness where Output == Batch<Input> {
    /// Why the last batch was closed.
    public var lastFlush: BatchReason? { output.last?.reason }

    /// The elements of each batch.
    public var batches: [[Input]] { output.map { $0.parts.flatMap(\.elements) } }
}
