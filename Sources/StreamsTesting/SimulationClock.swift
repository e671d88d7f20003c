/// The clock of a ``Simulation``: time passes when nothing can run, and a little with each step.
public struct SimulationClock: Clock {
    /// A point in the world's time.
    public struct Instant: InstantProtocol, Hashable {
        /// Time since the world began.
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

    let core: SimulationCore

    public var now: Instant { Instant(offset: .nanoseconds(core.now)) }

    public var minimumResolution: Duration { .nanoseconds(1) }

    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await core.sleep(until: deadline.offset.nanoseconds)
    }
}
