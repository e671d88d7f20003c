/// How a simulated world has ended.
public struct SimulationResult: Sendable {
    /// What happened.
    public enum Outcome: Equatable, Sendable {
        /// The world's main task returned or threw.
        case finished
        /// Nothing can ever run again, and the main task still waits.
        case deadlock
        /// As many steps were made as were allowed: perhaps a livelock.
        case stepLimit
        /// So many jobs came from outside: an unstructured task, a thread, a real clock.
        case escaped(Int)
        /// A step did not return within the limit of real time: something blocks.
        case stalled
    }

    public let outcome: Outcome
    /// What the main task threw.
    public let error: (any Error)?
    /// Equal for equal runs of one build; see ``Simulation/traceHash``.
    public let traceHash: UInt64
    public let steps: Int
    /// The virtual time that passed.
    public let elapsed: Duration
    /// How the schedule was chosen.
    public let schedule: SimulationSchedule

    /// Whether the main task returned.
    public var isSuccess: Bool { outcome == .finished && error == nil }
}
