import Synchronization

/// How often the processes of a fleet crash or stand still.
public struct FleetFaults: Equatable, Sendable {
    /// Steps of the simulation between two faults: from 1 up to this number.
    public var stepLimit: Int
    /// Of 100 faults, how many are pauses, from which a process goes on as a zombie.
    public var pausesPer100: Int
    /// The longest pause.
    public var pauseLimit: Duration
    /// The longest time until another process takes the place of one that crashed or paused.
    public var replacementLimit: Duration

    public init(
        stepLimit: Int = 1_000,
        pausesPer100: Int = 33,
        pauseLimit: Duration = .milliseconds(300),
        replacementLimit: Duration = .milliseconds(100)
    ) {
        precondition(stepLimit > 0, "a fault comes after some step")
        self.stepLimit = stepLimit
        self.pausesPer100 = pausesPer100
        self.pauseLimit = pauseLimit
        self.replacementLimit = replacementLimit
    }
}

/// A number of processes that do the same, some of which crash or pause at any suspension point.
///
/// Another process takes the place of each that crashes or pauses; a paused one goes on later,
/// beside the one that replaced it. After ``calm()`` nothing fails any more, and every process that
/// was paused has gone on.
public final class SimulatedFleet: Sendable {
    private struct State {
        var faults: FleetFaults?
        var random: SeededGenerator
        /// Who does the work; `nil` between a fault and its replacement.
        var places: [SimulatedNode?]
        var paused: [SimulatedNode] = []
        var started = 0
        var crashCount = 0
        var pauseCount = 0
    }

    private let simulation: Simulation
    private let state: Mutex<State>
    private let start: @Sendable (SimulatedNode) -> Void

    /// Makes a fleet that begins with ``begin()``.
    ///
    /// - Parameters:
    ///   - simulation: The world it lives in.
    ///   - count: How many processes work at a time.
    ///   - faults: What befalls them; nothing if `nil`.
    ///   - start: Starts the work of one process on its node.
    public init(
        in simulation: Simulation,
        count: Int,
        faults: FleetFaults?,
        start: @escaping @Sendable (SimulatedNode) -> Void
    ) {
        self.simulation = simulation
        self.start = start
        let initial = State(
            faults: faults,
            random: SeededGenerator(seed: UInt64(simulation.random(below: .max))),
            places: Array(repeating: nil, count: count)
        )
        state = Mutex(initial)
    }

    /// How many processes have crashed so far.
    public var crashCount: Int { state.withLock { $0.crashCount } }

    /// How many processes have paused so far.
    public var pauseCount: Int { state.withLock { $0.pauseCount } }

    /// Starts every process, and the faults.
    public func begin() {
        for place in state.withLock({ $0.places.indices }) { fill(place) }
        planFault()
    }

    /// Lets nothing fail any more.
    public func calm() {
        let paused = state.withLock { state in
            state.faults = nil
            defer { state.paused = [] }
            return state.paused
        }
        for node in paused { node.resume() }
    }

    private func fill(_ place: Int) {
        let number = state.withLock { state in
            defer { state.started += 1 }
            return state.started
        }
        let node = simulation.node("process-\(number)")
        state.withLock { $0.places[place] = node }
        start(node)
    }

    private func planFault() {
        let steps: Int? = state.withLock { state in
            guard let faults = state.faults else { return nil }
            return 1 + state.random.below(faults.stepLimit)
        }
        guard let steps else { return }
        simulation.at(step: simulation.steps + steps) { [weak self] in
            self?.fail()
            self?.planFault()
        }
    }

    private enum Fault {
        case crash(SimulatedNode)
        case pause(SimulatedNode, Duration)
    }

    private func fail() {
        let drawn = state.withLock { state -> (Fault, place: Int, replacement: Duration)? in
            let place = state.random.below(state.places.count)
            guard let faults = state.faults, let node = state.places[place] else { return nil }
            state.places[place] = nil
            let replacement = state.random.duration(upTo: faults.replacementLimit)
            guard state.random.below(100) < faults.pausesPer100 else {
                state.crashCount += 1
                return (.crash(node), place, replacement)
            }
            state.pauseCount += 1
            state.paused.append(node)
            let pause = state.random.duration(upTo: faults.pauseLimit)
            return (.pause(node, pause), place, replacement)
        }
        guard let (fault, place, replacement) = drawn else { return }
        switch fault {
        case .crash(let node):
            node.crash()
        case .pause(let node, let pause):
            node.pause()
            simulation.after(pause) { node.resume() }
        }
        simulation.after(replacement) { [weak self] in self?.fill(place) }
    }
}
