import Dispatch
import Synchronization

extension SimulationCore {
    /// Runs the world: jobs while there are any, then, if it may, time.
    func loop(
        stepLimit: Int,
        mayAdvance: Bool,
        until isDone: () -> Bool
    ) -> SimulationResult.Outcome {
        while !isDone() {
            switch nextStep() {
            case .run(let job, let executor):
                unsafe job.runSynchronously(on: executor.unowned)
            case .act(let action):
                perform(action)
            case .nothing:
                break
            case .idle:
                if !mayAdvance { return .finished }
                if !advance(notAfter: nil), !waitForEscape() { return .deadlock }
            }
            if state.withLock({ $0.steps >= stepLimit }) { return .stepLimit }
        }
        let escaped = escapes.load(ordering: .relaxed)
        return escaped == 0 ? .finished : .escaped(escaped)
    }

    /// Tells a deadlock from a job that is still on its way from a real thread or clock.
    private func waitForEscape() -> Bool {
        arrivals.wait(timeout: .now() + .milliseconds(50)) == .success
    }

    func result(_ outcome: SimulationResult.Outcome, _ error: (any Error)?) -> SimulationResult {
        let escaped = escapes.load(ordering: .relaxed)
        return state.withLock { state in
            SimulationResult(
                outcome: escaped > 0 && outcome != .stalled ? .escaped(escaped) : outcome,
                error: error,
                traceHash: state.trace.value,
                steps: state.steps,
                elapsed: .nanoseconds(state.now),
                schedule: state.schedule
            )
        }
    }

    /// Ends a world that nobody will look at any more, so that it leaves nothing behind.
    ///
    /// Every task is cancelled, every sleep and message fails, and all nodes, the crashed ones too,
    /// run on until they have nothing to do. Code that ignores cancellation is left as it lies.
    func bury() {
        let (cancellers, sleepers) = state.withLock { state in
            state.isOver = true
            state.ready += state.held
            state.held = []
            state.due = []
            state.timers.removeAll()
            state.stepActions = []
            defer {
                state.cancellers = []
                state.sleepers = [:]
            }
            return (state.cancellers, state.sleepers.sorted { $0.key < $1.key })
        }
        for cancel in cancellers { cancel() }
        for sleeper in sleepers { sleeper.value.wake(hasSlept: false) }
        let limit = state.withLock { $0.steps } + 100_000
        _ = loop(stepLimit: limit, mayAdvance: false, until: { false })
        state.withLock { state in
            state.timers.removeAll()
            state.due = []
        }
    }
}
