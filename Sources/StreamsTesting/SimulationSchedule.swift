/// How a simulation chooses among the jobs that could run, and how long a step takes.
///
/// No choice finds every race, so that a simulation draws one for each seed.
public struct SimulationSchedule: Equatable, Sendable {
    /// Which of the runnable jobs is next.
    public enum Policy: Equatable, Sendable {
        /// Any of them, each as likely.
        case uniform
        /// The one that became runnable first.
        case firstInFirstOut
        /// By random priorities, which change at `changes` random steps.
        case priorities(changes: Int)
    }

    public let policy: Policy
    /// The most virtual time that a step takes; drawn for each.
    public let stepJitter: Duration
    /// Of 10,000 steps, how many are followed by a stall.
    public let stallsPer10000: Int
    /// The longest stall.
    public let stallLimit: Duration

    public init(
        policy: Policy = .uniform,
        stepJitter: Duration = .microseconds(20),
        stallsPer10000: Int = 0,
        stallLimit: Duration = .milliseconds(20)
    ) {
        precondition(stepJitter >= .zero && stallLimit >= .zero, "a step takes no time back")
        self.policy = policy
        self.stepJitter = stepJitter
        self.stallsPer10000 = stallsPer10000
        self.stallLimit = stallLimit
    }

    /// Draws one of the mixtures that together find most.
    static func drawn(using random: inout SeededGenerator) -> SimulationSchedule {
        let policy: Policy =
            switch random.below(10) {
            case 0: .firstInFirstOut
            case 1...3: .priorities(changes: 1 + random.below(6))
            default: .uniform
            }
        return SimulationSchedule(
            policy: policy,
            stepJitter: .microseconds([0, 5, 20, 100][random.below(4)]),
            stallsPer10000: [0, 5, 20, 100][random.below(4)]
        )
    }
}
