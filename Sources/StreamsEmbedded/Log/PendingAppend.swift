public import Streams
import Synchronization

/// An append that has been handed in and has its place in the order; its outcome is awaited.
public final class PendingAppend: Sendable {
    private enum State {
        case open
        case awaited([CheckedContinuation<Outcome, Never>])
        case done(Outcome)
    }

    typealias Outcome = Result<Appended, StorageError>

    private let state = Mutex(State.open)

    /// Returns once the append is durable.
    ///
    /// May be asked more than once. Cancelling does not undo the append and does not end the wait.
    ///
    /// - Returns: The offsets given, and how many records were there already.
    /// - Throws: ``StorageError/tooLarge(byteCount:limit:)`` or
    ///   ``StorageError/noSuchPartition(_:)`` with nothing added; otherwise it is not known whether
    ///   something was, and the same append is repeated once the log has been opened again.
    public func result() async throws(StorageError) -> Appended {
        let outcome: Outcome = await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Outcome? in
                switch state {
                case .open: state = .awaited([continuation])
                case .awaited(let others): state = .awaited(others + [continuation])
                case .done(let outcome): return outcome
                }
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
        return try outcome.get()
    }

    func complete(_ outcome: Outcome) {
        let waiting = state.withLock { state -> [CheckedContinuation<Outcome, Never>] in
            defer { state = .done(outcome) }
            if case .awaited(let continuations) = state { return continuations }
            return []
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }
}
