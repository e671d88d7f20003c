import Dispatch
public import Streams
import Synchronization

/// A world in which every task runs on one thread, in an order and a time that follow from a seed.
///
/// The same seed gives the same interleaving, the same timestamps and the same faults, in every run
/// and process of one build. What it needs is public: a task executor preference that every
/// structured child inherits, and an injected clock. So the code under test may not start tasks of
/// its own kind (`Task {}`), sleep on a real clock, or wait on a thread; a job that comes from
/// outside ends the run as escaped.
///
/// Either ``run(stepLimit:realTimeLimit:_:)`` a world to its end, or step it by hand with
/// ``spawn(_:)``, ``settle()`` and ``advance(by:)``.
public final class Simulation: Sendable {
    /// What everything follows from.
    public let seed: UInt64
    /// Where the world's own tasks run: it never crashes.
    public let home: SimulatedNode
    let core: SimulationCore
    /// Keeps the nodes alive as long as their jobs may run.
    private let nodes = Mutex<[SimulatedNode]>([])
    private let workload: Mutex<SeededGenerator>

    /// Makes a world at time zero.
    ///
    /// - Parameters:
    ///   - seed: What everything follows from.
    ///   - schedule: How to choose among jobs; drawn from the seed if none is given.
    public init(seed: UInt64, schedule: SimulationSchedule? = nil) {
        self.seed = seed
        core = SimulationCore(seed: seed, schedule: schedule)
        home = SimulatedNode(name: "home", core: core)
        workload = Mutex(SeededGenerator(seed: seed &* 0xD6E8_FEB8_6659_FD93 &+ 77))
    }

    /// Adds a process to the world.
    public func node(_ name: String) -> SimulatedNode {
        let node = SimulatedNode(name: name, core: core)
        nodes.withLock { $0.append(node) }
        return node
    }

    // MARK: What the code under test is given

    /// Where tasks must run that belong to no process in particular.
    public var executor: any TaskExecutor { home }

    /// The world's clock.
    public var clock: SimulationClock { SimulationClock(core: core) }

    /// A random number from 0 up to, but not including, `bound`, from a stream that the schedule
    /// does not draw from.
    public func random(below bound: Int) -> Int {
        workload.withLock { $0.below(bound) }
    }

    /// Everything that a graph needs from outside, for one that runs on `node`.
    ///
    /// - Parameters:
    ///   - node: Where the tasks run; ``home`` if none is given.
    ///   - drain: Ends the graph in order.
    ///   - chunkLimit: The most that a source pulls into one chunk.
    /// - Returns: A runtime of this world's time, chance and executor.
    public func runtime(
        on node: SimulatedNode? = nil,
        drain: DrainSwitch = DrainSwitch(),
        chunkLimit: ChunkLimit = ChunkLimit()
    ) -> Runtime {
        Runtime(
            executor: node ?? home,
            clock: GraphClock(clock),
            wallNow: { [core] in 1_700_000_000_000_000_000 + core.now },
            random: { [weak self] in self?.workload.withLock { $0.next() } ?? 0 },
            drain: drain,
            chunkLimit: chunkLimit
        )
    }

    // MARK: What happens to it

    /// Does `action` after a while of virtual time, between two jobs.
    public func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
        core.after(delay, action)
    }

    /// Does `action` before the step with this number, or the next one if it is past.
    public func at(step: Int, _ action: @escaping @Sendable () -> Void) {
        core.state.withLock { state in
            let place = state.stepActions.firstIndex { $0.step > step } ?? state.stepActions.count
            state.stepActions.insert((step, action), at: place)
        }
    }

    /// Does `action` when the world has ended, before what is left is cleared up.
    func atEnd(_ action: @escaping @Sendable () -> Void) {
        core.state.withLock { $0.cancellers.append(action) }
    }

    /// How many jobs have been run.
    public var steps: Int { core.state.withLock { $0.steps } }

    /// Adds a number to the trace: something that must be equal in equal runs.
    public func note(_ number: Int) {
        core.state.withLock { $0.trace.add(Int64(number)) }
    }

    /// A hash over each step's node, choice and time, and what was noted.
    public var traceHash: UInt64 { core.state.withLock { $0.trace.value } }

    // MARK: Running it

    /// Starts a task on ``home``; it first runs at the next ``settle()`` or ``advance(by:)``.
    @discardableResult
    public func spawn<Success: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Success
    ) -> Task<Success, any Error> {
        home.spawn(operation)
    }

    /// Runs every task until each has finished or waits for time to pass.
    ///
    /// Exact: when it returns, nothing can run at this instant.
    public func settle() {
        core.onQueue { _ = core.loop(stepLimit: .max, mayAdvance: false, until: { false }) }
    }

    /// Moves time forward by `duration`, settling at every deadline on the way.
    public func advance(by duration: Duration) {
        core.onQueue {
            let limit = core.now &+ duration.nanoseconds
            repeat {
                _ = core.loop(stepLimit: .max, mayAdvance: false, until: { false })
            } while core.advance(notAfter: limit)
        }
    }

    /// Runs `body` as the world's main task, to its end; then cancels and clears up all that is left.
    ///
    /// What tasks do while they are cleared up, those of crashed nodes too, is no part of the run
    /// but may still be seen: `body` is the place to look at what has come out.
    ///
    /// - Parameters:
    ///   - stepLimit: The most jobs that are run.
    ///   - realTimeLimit: The longest that the run may take in real time.
    ///   - body: The main task, on ``home``.
    /// - Returns: How it ended, with what identifies the run.
    public func run(
        stepLimit: Int = 10_000_000,
        realTimeLimit: Duration = .seconds(60),
        _ body: @escaping @Sendable () async throws -> Void
    ) async -> SimulationResult {
        let ending = MainTaskEnd()
        // Started here, not on the queue, so that it inherits the caller's task-local values.
        home.spawn {
            do {
                try await body()
                ending.set(nil)
            } catch {
                ending.set(error)
            }
        }
        return await withCheckedContinuation { waiter in
            let answer = AnswerOnce(waiter)
            let watchdog = Watchdog(after: realTimeLimit) { [core] in
                answer.give(core.result(.stalled, nil))
            }
            core.startOnQueue { [self] in
                let outcome = core.loop(stepLimit: stepLimit, mayAdvance: true) { ending.isSet }
                let result = core.result(outcome, ending.error)
                core.bury()
                watchdog.cancel()
                answer.give(result)
                withExtendedLifetime(self) {}
            }
        }
    }
}

/// Whether, and how, the main task has ended.
private final class MainTaskEnd: Sendable {
    private let end = Mutex<(isSet: Bool, error: (any Error)?)>((false, nil))

    var isSet: Bool { end.withLock { $0.isSet } }

    var error: (any Error)? { end.withLock { $0.error } }

    func set(_ error: (any Error)?) {
        end.withLock { $0 = (true, error) }
    }
}

/// The first answer counts.
private final class AnswerOnce: Sendable {
    private let waiter: Mutex<CheckedContinuation<SimulationResult, Never>?>

    init(_ waiter: CheckedContinuation<SimulationResult, Never>) {
        self.waiter = Mutex(waiter)
    }

    func give(_ result: SimulationResult) {
        let waiter = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        waiter?.resume(returning: result)
    }
}

/// Barks once, in real time, unless it is cancelled first.
private final class Watchdog: Sendable {
    private let timer: Mutex<any DispatchSourceTimer>

    init(after limit: Duration, _ bark: @escaping @Sendable () -> Void) {
        let timer = DispatchSource.makeTimerSource(queue: .global())
        let nanoseconds = Int(min(limit.nanoseconds, Int64(Int32.max) * 1_000_000_000))
        timer.schedule(deadline: .now() + .nanoseconds(nanoseconds))
        timer.setEventHandler(handler: bark)
        timer.activate()
        self.timer = Mutex(timer)
    }

    func cancel() {
        timer.withLock { $0.cancel() }
    }
}
