import Dispatch

/// Runs an actor's work, one job after another, on a queue of its own, which may block.
///
/// Blocking calls made there take no thread from the tasks of the rest of the program.
package final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs `work` after everything enqueued before it.
    package func run(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}

extension BlockingExecutor {
    /// Runs `work` after everything enqueued before it, and returns or throws what it does.
    ///
    /// Cancelling does not interrupt it.
    package func perform<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            run { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }
}
