import Dispatch
import Synchronization

/// Hands dead letters from the thread that reads them to the task that sends them again.
///
/// The reader is held up while ``limit`` letters wait, so that one pass over all letters needs no more
/// memory than these.
final class LetterQueue: Sendable {
    private struct State {
        var letters: [DeadLetterItem] = []
        var isOver = false
        var waiting: CheckedContinuation<DeadLetterItem?, Never>?
    }

    /// How many letters, of up to 1 MiB each, may wait.
    private static let limit = 16

    /// Counted up from 0: one that is let go with less than it began with ends the process.
    private let room = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    init() {
        for _ in 0..<Self.limit { room.signal() }
    }

    /// Adds a letter, and blocks until there is room.
    ///
    /// - Returns: Whether more are wanted.
    func add(_ letter: DeadLetterItem) -> Bool {
        room.wait()
        let (waiting, isOver) = state.withLock { state in
            let waiting = state.waiting
            state.waiting = nil
            if waiting == nil, !state.isOver { state.letters.append(letter) }
            return (waiting, state.isOver)
        }
        waiting?.resume(returning: letter)
        return !isOver
    }

    /// The next letter, or `nil` when it is over; for one task.
    func next() async -> DeadLetterItem? {
        let letter = await withCheckedContinuation { continuation in
            let found = state.withLock { state -> DeadLetterItem?? in
                if !state.letters.isEmpty { return state.letters.removeFirst() }
                if state.isOver { return .some(nil) }
                state.waiting = continuation
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
        room.signal()
        return letter
    }

    /// Says that no more letters come, or that no more are wanted.
    func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
        room.signal()
    }
}
