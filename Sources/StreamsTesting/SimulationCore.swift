import Dispatch
import Synchronization

/// The jobs, the timers and the time of a simulated world.
///
/// All of it happens on one queue, one job at a time. A job that arrives from anywhere else has
/// escaped: when it came depends on real threads, and so would everything after it.
final class SimulationCore: Sendable {
    enum TimerAction: Sendable {
        case wake(Int)
        case call(@Sendable () -> Void)
    }

    /// What the loop does next, outside the lock.
    enum Step {
        case run(UnownedJob, NodeExecutor)
        case act(TimerAction)
        case nothing
        case idle
    }

    /// A node as an executor, kept alive by the simulation.
    @safe struct NodeExecutor {
        let unowned: UnownedTaskExecutor
    }

    /// A task that sleeps; resumed exactly once, by whoever takes it out of its table.
    @safe struct Sleeper {
        private let continuation: UnsafeContinuation<Bool, Never>

        init(_ continuation: UnsafeContinuation<Bool, Never>) {
            unsafe self.continuation = unsafe continuation
        }

        func wake(hasSlept: Bool) {
            unsafe continuation.resume(returning: hasSlept)
        }
    }

    struct Entry {
        let job: UnownedJob
        let node: Int
        var priority: UInt64
    }

    struct State {
        var schedule: SimulationSchedule
        var random: SeededGenerator
        var ready: [Entry] = []
        var executors: [NodeExecutor] = []
        var cancellers: [@Sendable () -> Void] = []
        var isPaused: [Bool] = []
        var isCrashed: [Bool] = []
        /// The jobs of nodes that are not up, in the order in which they would have run.
        var held: [Entry] = []
        var timers = TimerHeap<TimerAction>()
        var due: [TimerAction] = []
        var sleepers: [Int: Sleeper] = [:]
        var nextSleeper = 0
        var now: Int64 = 0
        var steps = 0
        var stepActions: [(step: Int, action: @Sendable () -> Void)] = []
        var changePoints: [Int] = []
        var trace = SimulationTrace()
        var isOver = false
    }

    let state: Mutex<State>
    let escapes = Atomic<Int>(0)
    /// Signalled for each job that has escaped.
    let arrivals = DispatchSemaphore(value: 0)
    private let queue = DispatchQueue(label: "simulation")
    private let key = DispatchSpecificKey<Bool>()

    init(seed: UInt64, schedule: SimulationSchedule?) {
        var random = SeededGenerator(seed: seed ^ 0xA5A5_5A5A_1234_4321)
        let drawn = SimulationSchedule.drawn(using: &random)
        var initial = State(schedule: schedule ?? drawn, random: random)
        if case .priorities(let changes) = initial.schedule.policy {
            for _ in 0..<changes { initial.changePoints.append(initial.random.below(2_000)) }
        }
        state = Mutex(initial)
        queue.setSpecific(key: key, value: true)
    }

    /// Runs `body` where the world runs, and waits for it.
    func onQueue<Result>(_ body: () throws -> Result) rethrows -> Result {
        isOnQueue ? try body() : try queue.sync(execute: body)
    }

    /// Runs `body` where the world runs.
    func startOnQueue(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }

    var isOnQueue: Bool { DispatchQueue.getSpecific(key: key) == true }

    // MARK: Jobs

    func enqueue(_ job: UnownedJob, node: Int) {
        let isEscaped = !isOnQueue
        // Counted first: the job may run, and the world end, before this returns.
        if isEscaped { escapes.add(1, ordering: .relaxed) }
        state.withLock { state in
            var priority: UInt64 = 0
            if case .priorities = state.schedule.policy { priority = state.random.next() }
            state.ready.append(Entry(job: job, node: node, priority: priority))
        }
        if isEscaped { arrivals.signal() }
    }

    /// Decides what is next: a due timer, a fault planned for this step, or a job.
    func nextStep() -> Step {
        state.withLock { state in
            if !state.due.isEmpty { return .act(state.due.removeFirst()) }
            guard !state.ready.isEmpty else { return .idle }
            if let planned = state.takeStepAction() { return .act(.call(planned)) }
            let entry = state.pick()
            state.elapse()
            if !state.isOver, state.isPaused[entry.node] || state.isCrashed[entry.node] {
                state.held.append(entry)
                return .nothing
            }
            return .run(entry.job, state.executors[entry.node])
        }
    }

    func perform(_ action: TimerAction) {
        switch action {
        case .call(let body): body()
        case .wake(let id):
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.wake(hasSlept: true)
        }
    }

    /// Moves time to the next timer, if there is one not after `limit`.
    ///
    /// - Returns: Whether there was one; if not, and there is a limit, time has moved to it.
    func advance(notAfter limit: Int64?) -> Bool {
        state.withLock { state in
            if let first = state.timers.first, first.due <= limit ?? .max {
                state.now = max(state.now, first.due)
                state.collectDue()
                return true
            }
            if let limit { state.now = max(state.now, limit) }
            return false
        }
    }

    // MARK: Time

    var now: Int64 { state.withLock { $0.now } }

    func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.addTimer(due: state.now &+ max(0, delay.nanoseconds), .call(action))
        }
    }

    /// Sleeps until an instant in nanoseconds.
    func sleep(until due: Int64) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            defer { state.nextSleeper += 1 }
            return state.nextSleeper
        }
        let hasSlept = await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { continuation in
                let sleeper = unsafe Sleeper(continuation)
                let isRegistered = state.withLock { state in
                    guard !Task.isCancelled, !state.isOver else { return false }
                    state.sleepers[id] = sleeper
                    state.addTimer(due: max(due, state.now), .wake(id))
                    return true
                }
                if !isRegistered { sleeper.wake(hasSlept: false) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.wake(hasSlept: false)
        }
        if !hasSlept { throw CancellationError() }
    }
}

extension SimulationCore.State {
    /// The planned action whose step has come.
    mutating func takeStepAction() -> (@Sendable () -> Void)? {
        guard let next = stepActions.first, next.step <= steps else { return nil }
        return stepActions.removeFirst().action
    }

    mutating func pick() -> SimulationCore.Entry {
        let index: Int
        switch schedule.policy {
        case .firstInFirstOut: index = 0
        case .uniform: index = ready.count == 1 ? 0 : random.below(ready.count)
        case .priorities:
            if changePoints.contains(steps) { ready[indexOfHighest()].priority = 0 }
            index = indexOfHighest()
        }
        steps += 1
        let entry = ready.remove(at: index)
        trace.add(UInt64(entry.node) << 32 ^ UInt64(index))
        trace.add(now)
        return entry
    }

    private func indexOfHighest() -> Int {
        var best = 0
        for index in ready.indices where ready[index].priority > ready[best].priority {
            best = index
        }
        return best
    }

    /// Work takes time; without this a timeout could never race with work that is queued.
    mutating func elapse() {
        now += random.duration(upTo: schedule.stepJitter).nanoseconds
        if random.happens(per10000: schedule.stallsPer10000) {
            now += random.duration(upTo: schedule.stallLimit).nanoseconds
        }
        collectDue()
    }

    mutating func collectDue() {
        while let first = timers.first, first.due <= now, let timer = timers.removeFirst() {
            due.append(timer.action)
        }
    }

    mutating func addTimer(due: Int64, _ action: SimulationCore.TimerAction) {
        timers.insert(due: due, tie: random.next(), action)
    }
}
