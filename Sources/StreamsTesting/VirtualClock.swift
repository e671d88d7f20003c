import Streams
import Synchronization

/// A clock whose time moves only when a test moves it.
///
/// The test and the code under test meet at ``nextDeadline()``, which returns once a sleep has really
/// been registered: nothing is polled and no real time passes. Works with real threads; a
/// ``Simulation`` has a clock of its own.
public final class VirtualClock: Clock {
    /// A point in the clock's time.
    public struct Instant: InstantProtocol, Hashable {
        /// Time since the clock was made.
        public let offset: Duration

        public init(offset: Duration) {
            self.offset = offset
        }

        public func advanced(by duration: Duration) -> Self {
            Self(offset: offset + duration)
        }

        public func duration(to other: Self) -> Duration {
            other.offset - offset
        }

        public static func < (lhs: Self, rhs: Self) -> Bool {
            lhs.offset < rhs.offset
        }
    }

    private struct Sleeper {
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Duration.zero
        var nextID = 0
        /// By order of registration, which breaks ties between equal deadlines.
        var sleepers: [Int: Sleeper] = [:]
        var cancelledEarly: Set<Int> = []

        var earliest: (id: Int, deadline: Duration)? {
            sleepers.min { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }
                .map { ($0.key, $0.value.deadline) }
        }
    }

    private let state = Mutex(State())
    private let registered = ChangeSignal()
    private let settlers = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    public var now: Instant { Instant(offset: state.withLock { $0.now }) }

    public var minimumResolution: Duration { .nanoseconds(1) }

    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = nextID()
        defer { _ = state.withLock { $0.cancelledEarly.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil || Task.isCancelled {
                        return .failure(CancellationError())
                    }
                    if deadline.offset <= state.now { return .success(()) }
                    state.sleepers[id] = Sleeper(
                        deadline: deadline.offset,
                        continuation: continuation
                    )
                    return nil
                }
                if let result { continuation.resume(with: result) } else { registered.signal() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelledEarly.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Has `settle` called whenever time has moved, and after each sleep that ended on the way.
    func whenMoved(_ settle: @escaping @Sendable () -> Void) {
        settlers.withLock { $0.append(settle) }
    }

    private func settle() {
        for settle in settlers.withLock({ $0 }) { settle() }
    }

    /// The earliest deadline, as time since the clock was made, as soon as there is one.
    ///
    /// - Throws: `CancellationError`.
    public func nextDeadline() async throws -> Duration {
        while true {
            let version = registered.version
            if let earliest = state.withLock({ $0.earliest }) { return earliest.deadline }
            try await registered.wait(after: version)
        }
    }

    /// The earliest deadline that is registered now.
    public var registeredDeadline: Duration? { state.withLock { $0.earliest?.deadline } }

    /// Moves time to `instant`, and wakes what is due on the way, earliest first.
    ///
    /// Stages in a ``StageHarness`` have done what they had to when this returns. Tasks that slept
    /// have been resumed: whoever tests them on real threads waits for what they do next, or runs
    /// them in a ``Simulation``, which knows when they are idle.
    ///
    /// - Parameter instant: Time since the clock was made; time never moves back.
    public func advance(to instant: Duration) {
        while let sleeper = takeEarliest(notAfter: instant) {
            sleeper.continuation.resume()
            settle()
        }
        settle()
    }

    /// Moves time by `duration`, as ``advance(to:)`` does.
    public func advance(by duration: Duration) {
        advance(to: now.offset + duration)
    }

    private func nextID() -> Int {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    private func takeEarliest(notAfter limit: Duration) -> Sleeper? {
        state.withLock { state in
            guard let (id, deadline) = state.earliest, deadline <= limit else {
                state.now = max(state.now, limit)
                return nil
            }
            state.now = max(state.now, deadline)
            return state.sleepers.removeValue(forKey: id)
        }
    }
}
