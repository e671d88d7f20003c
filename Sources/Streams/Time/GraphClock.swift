/// A clock whose instants are durations since it was made, so that they need no type of theirs.
public struct GraphClock: Sendable {
    /// The time since the clock was made.
    public let now: @Sendable () -> Duration
    /// Returns at an instant, or throws `CancellationError`.
    public let sleep: @Sendable (_ until: Duration) async throws -> Void

    /// Ends waits beside deadlines, if it is set: a source that waits for something else too
    /// stops waiting when this is requested.
    public let drain: DrainSwitch?

    /// Counts from now on `clock`.
    public init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let origin = clock.now
        now = { origin.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: origin.advanced(by: $0), tolerance: nil) }
        drain = nil
    }

    private init(_ clock: GraphClock, drain: DrainSwitch) {
        let sleep = clock.sleep
        now = clock.now
        self.sleep = { deadline in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await sleep(deadline) }
                group.addTask { try await drain.wait() }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        self.drain = drain
    }

    /// The same clock, for waits that end when `drain` is requested: its `sleep` returns then.
    public func ending(with drain: DrainSwitch) -> GraphClock {
        GraphClock(self, drain: drain)
    }
}
