extension Blueprint {
    /// Runs the graph until its sources have ended and everything has reached a sink.
    ///
    /// Cancelling ends at the next chunk; what is under way is lost, and what sinks have written
    /// stays written.
    ///
    /// - Throws: ``GraphError`` with the name of the stage that failed, or `CancellationError`.
    public func run(_ mode: ExecutionMode, on runtime: Runtime) async throws {
        let mistakes = validate()
        guard mistakes.isEmpty else { throw GraphError.wiring(mistakes) }
        let plan = Plan(self, mode, runtime)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for segment in plan.heads.indices {
                group.addTask(executorPreference: runtime.executor) {
                    try await Segment(plan, segment).run()
                }
            }
            // The first to throw is the one to blame: the others are cancelled only after it.
            do {
                while try await group.next() != nil {}
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }
}
