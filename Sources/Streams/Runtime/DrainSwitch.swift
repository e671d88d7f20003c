import Synchronization

/// Asks running sources to end; what they have delivered is finished.
///
/// Waiters are woken when it is requested, outside the lock.
public final class DrainSwitch: Sendable {
    private struct State {
        var isRequested = false
        var nextID = 0
        var wakers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether the graph has been asked to end.
    public var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Asks; asking again changes nothing.
    public func request() {
        let wakers = state.withLock { state -> [@Sendable () -> Void] in
            defer { state.wakers = [:] }
            state.isRequested = true
            return state.wakers.sorted { $0.key < $1.key }.map(\.value)
        }
        for wake in wakers { wake() }
    }

    /// Calls `wake` once when draining is requested, at once if it has been.
    ///
    /// - Returns: What ``forget(_:)`` takes.
    public func onRequest(_ wake: @escaping @Sendable () -> Void) -> Int {
        let (id, isRequested) = state.withLock { state in
            defer { state.nextID += 1 }
            if !state.isRequested { state.wakers[state.nextID] = wake }
            return (state.nextID, state.isRequested)
        }
        if isRequested { wake() }
        return id
    }

    /// Calls the waker with this number no more.
    public func forget(_ id: Int) {
        _ = state.withLock { $0.wakers.removeValue(forKey: id) }
    }

    /// Returns when draining is requested.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func wait() async throws {
        let (requests, continuation) = AsyncStream<Void>.makeStream()
        let waker = onRequest { continuation.finish() }
        defer { forget(waker) }
        for await _ in requests {}
        try Task.checkCancellation()
    }
}
