public import Streams
import Synchronization

/// A stage, or a section of a graph, alone on the bench: pushed by hand, under a ``VirtualClock``.
///
/// There is no task and no thread: what follows from ``push(_:bytes:)`` has come out when it returns,
/// and what follows from time has come out when ``VirtualClock/advance(to:)`` returns. Each pushed
/// element has an offset of its own, so that ``acknowledged`` tells what may be forgotten.
public final class StageHarness<Input: Sendable, Output: Sendable>: Sendable {
    private struct Received {
        var chunks: [Chunk<Output>] = []
        var lineage = Lineage()
        var rejections: [Rejection] = []
    }

    /// What the clock has been asked for, and what went wrong when it called.
    private struct Alarm {
        var deadline: Duration?
        var call: Int?
        var failure: (any Error)?
    }

    private let received: Collector
    private let section: Mutex<HandDrivenSection<Input>>
    private let alarm = Mutex(Alarm())
    private let offset = Mutex(0)
    private let clock: VirtualClock
    /// The section counts time from when it was made.
    private let origin: Duration

    /// Puts a section of a graph on the bench.
    ///
    /// It may branch into lanes and end in a flow that can still fail: what was refused is in
    /// ``rejections``. It ends before its sinks, and boundaries in it are ignored.
    ///
    /// - Parameters:
    ///   - input: The type of the elements pushed.
    ///   - clock: The time that its batches wait for.
    ///   - section: The operators under test, on a flow of one order that can be replayed.
    /// - Throws: `GraphError` if the section cannot run as it is declared.
    public init<G: FlowFacts>(
        of input: Input.Type = Input.self,
        clock: VirtualClock = VirtualClock(),
        _ section: (
            consuming Flow<Input, Facts<TotalOrder, Replayable, Never>>
        ) -> Flow<Output, G>
    ) throws {
        let collector = Collector()
        let blueprint = HandDrivenSection<Input>.blueprint(
            receive: { collector.add($0) },
            section: section
        )
        let made = try HandDrivenSection<Input>(blueprint, clock: GraphClock(clock))
        precondition(!made.hasSink, "a section on the bench ends before its sinks")
        received = collector
        self.section = Mutex(made)
        self.clock = clock
        origin = clock.now.offset
    }

    /// Puts one stage on the bench.
    ///
    /// - Parameters:
    ///   - stage: Makes the stage.
    ///   - clock: Not read by the stage, which has no clock; here for tests of several.
    /// - Throws: Nothing that a stage can cause.
    public convenience init<S: Stage>(
        _ stage: @autoclosure @escaping @Sendable () -> S,
        clock: VirtualClock = VirtualClock()
    ) throws where S.Input == Input, S.Output == Output {
        try self.init(clock: clock) { flow in
            flow.stage("stage") { _ in stage() }
        }
    }

    deinit {
        if let call = alarm.withLock({ $0.call }) { clock.cancelCall(call) }
    }

    // MARK: What goes in

    /// Pushes elements as one chunk.
    ///
    /// - Parameters:
    ///   - elements: In order; each takes the next offset of partition 0.
    ///   - bytes: The arena that they point into.
    /// - Throws: `GraphError` with what the stage threw, now or when the clock called it.
    public func push(_ elements: Input..., bytes: [UInt8] = []) throws {
        try push(all: elements, bytes: bytes)
    }

    /// Pushes a sequence of elements as one chunk, as ``push(_:bytes:)`` does.
    public func push(all elements: some Sequence<Input>, bytes: [UInt8] = []) throws {
        let elements = Array(elements)
        let range = offset.withLock { offset in
            defer { offset += elements.count }
            return OffsetRange(partition: 0, lower: offset, upper: offset + elements.count)
        }
        let notes = Notes(lineage: Lineage([range]))
        try run { try $0.push(Chunk(elements: elements, bytes: bytes, notes: notes)) }
    }

    /// Ends the flow: whoever holds something back hands it on.
    ///
    /// - Throws: `GraphError` with what the stage threw, now or when the clock called it.
    public func finish() throws {
        try run { try $0.finish() }
    }

    // MARK: What comes out

    /// All elements that have come out, in order.
    public var output: [Output] { chunks.flatMap(\.elements) }

    /// What has come out, chunk by chunk, with the arenas that elements point into.
    public var chunks: [Chunk<Output>] { received.state.withLock { $0.chunks } }

    /// What stages refused and no operator of the section has dealt with, in order.
    public var rejections: [Rejection] { received.state.withLock { $0.rejections } }

    /// The offsets that everything which came out stands for.
    public var lineage: Lineage { received.state.withLock { $0.lineage } }

    /// How many of the pushed elements are done: a sink may acknowledge those before this offset.
    public var acknowledged: Int { lineage.upperBound(of: 0) ?? 0 }

    /// Why the last batch was closed; `nil` if none has come out, or the output is no batches.
    public var lastFlush: BatchReason? { (output.last as? any ClosedForReason)?.reason }

    // MARK: Running it

    private func run(
        _ body: @Sendable (HandDrivenSection<Input>) throws -> Void
    ) throws {
        if let failure = alarm.withLock({ $0.failure }) { throw failure }
        defer { setAlarm() }
        try section.withLock { section in
            try section.fire()
            try body(section)
        }
    }

    /// Asks the clock for the section's next deadline, if it is another than before.
    private func setAlarm() {
        let deadline = section.withLock { $0.deadline }.map { origin + $0 }
        let outdated: Int? = alarm.withLock { alarm in
            if alarm.deadline == deadline { return nil }
            defer { alarm.call = nil }
            alarm.deadline = deadline
            return alarm.call
        }
        if let outdated { clock.cancelCall(outdated) }
        guard let deadline, alarm.withLock({ $0.call }) == nil else { return }
        let call = clock.call(at: deadline) { [weak self] in self?.timeIsUp() }
        alarm.withLock { $0.call = call }
    }

    private func timeIsUp() {
        alarm.withLock { alarm in
            alarm.deadline = nil
            alarm.call = nil
        }
        do {
            try section.withLock { try $0.fire() }
        } catch {
            alarm.withLock { $0.failure = error }
        }
        setAlarm()
    }

    /// What has come out; a class of its own because the section holds it.
    private final class Collector: Sendable {
        let state = Mutex(Received())

        func add(_ chunk: Chunk<Output>) {
            state.withLock { state in
                state.lineage.add(chunk.notes.lineage)
                state.rejections += chunk.notes.rejections
                if !chunk.elements.isEmpty { state.chunks.append(chunk) }
            }
        }
    }
}

/// A batch of any element.
private protocol ClosedForReason {
    var reason: BatchReason { get }
}

extension Batch: ClosedForReason {}
