import Synchronization

/// A simulated process: tasks that live, pause and die together.
///
/// A crash needs no help from the code that it befalls: from then on no job of the node runs, so
/// that whatever it was about to do after a suspension point never happens. A paused node is a
/// zombie in the making: it knows of no time passing until it goes on. A crash cannot tear what
/// runs without suspending.
public final class SimulatedNode: TaskExecutor, CustomStringConvertible {
    /// What the node is called in messages.
    public let name: String
    let index: Int
    let core: SimulationCore

    /// Takes the next number.
    init(name: String, core: SimulationCore) {
        self.name = name
        self.core = core
        index = core.state.withLock { state in
            state.isPaused.append(false)
            state.isCrashed.append(false)
            return state.isPaused.count - 1
        }
        let executor = unsafe SimulationCore.NodeExecutor(unowned: asUnownedTaskExecutor())
        core.state.withLock { $0.executors.append(executor) }
    }

    public var description: String { name }

    public func enqueue(_ job: UnownedJob) {
        core.enqueue(job, node: index)
    }

    /// Whether the node runs: neither paused nor crashed.
    public var isUp: Bool {
        core.state.withLock { !$0.isPaused[index] && !$0.isCrashed[index] }
    }

    /// Whether the node has crashed.
    public var hasCrashed: Bool { core.state.withLock { $0.isCrashed[index] } }

    /// Starts a task that, with all its children, runs on this node.
    @discardableResult
    public func spawn<Success: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Success
    ) -> Task<Success, any Error> {
        let task = core.onQueue { Task(executorPreference: self, operation: operation) }
        let isOver = core.state.withLock { state in
            if !state.isOver { state.cancellers.append { task.cancel() } }
            return state.isOver
        }
        if isOver { task.cancel() }
        return task
    }

    /// Starts a task that ends by itself.
    func start(_ operation: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self, operation: operation)
    }

    /// Ends the node for good: none of its jobs is ever run again.
    public func crash() {
        core.state.withLock { $0.isCrashed[index] = true }
    }

    /// Stops the node where it is, until ``resume()``.
    public func pause() {
        core.state.withLock { $0.isPaused[index] = true }
    }

    /// Lets a paused node go on with everything that has come up meanwhile.
    public func resume() {
        core.state.withLock { state in
            guard state.isPaused[index] else { return }
            state.isPaused[index] = false
            guard !state.isCrashed[index] else { return }
            state.ready += state.held.filter { $0.node == index }
            state.held.removeAll { $0.node == index }
        }
    }
}
