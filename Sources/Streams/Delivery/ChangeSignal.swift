import Synchronization

/// Wakes tasks that wait for a change of something that is kept elsewhere, without polling.
///
/// Who waits reads ``version`` first, then looks at the thing, then waits for a later version: a
/// change in between is not missed. Waiters are woken outside the lock.
public final class ChangeSignal: Sendable {
    private struct State {
        var version = 0
        var nextID = 0
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// Counts the changes so far.
    public var version: Int { state.withLock { $0.version } }

    /// Says that the thing has changed, and wakes all who wait.
    public func signal() {
        let waiters = state.withLock { state in
            state.version += 1
            defer { state.waiters = [:] }
            return state.waiters.sorted { $0.key < $1.key }
        }
        for waiter in waiters { waiter.value.finish() }
    }

    /// Waits for a change after `version`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func wait(after version: Int) async throws {
        guard let (id, changes) = register(after: version) else { return }
        for await _ in changes {}
        withdraw(id)
        try Task.checkCancellation()
    }

    /// Waits for a change after `version`, or for `deadline` on `clock` if there is one, or for the
    /// clock's drain if it has one.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func wait(
        after version: Int,
        until deadline: Duration?,
        on clock: GraphClock
    ) async throws {
        if deadline == nil && clock.drain == nil { return try await wait(after: version) }
        guard self.version == version else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.wait(after: version) }
            if let deadline { group.addTask { try await clock.sleep(deadline) } }
            if let drain = clock.drain { group.addTask { try await drain.wait() } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func register(after version: Int) -> (Int, AsyncStream<Void>)? {
        state.withLock { state in
            guard state.version == version else { return nil }
            let (changes, waiter) = AsyncStream<Void>.makeStream()
            defer { state.nextID += 1 }
            state.waiters[state.nextID] = waiter
            return (state.nextID, changes)
        }
    }

    private func withdraw(_ id: Int) {
        _ = state.withLock { $0.waiters.removeValue(forKey: id) }
    }
}
