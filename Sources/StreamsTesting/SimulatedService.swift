import Synchronization

/// How often, out of 10,000 calls, and how badly a service fails those who call it.
public struct ServiceFaults: Equatable, Sendable {
    /// The longest way there, and the longest way back.
    public var delayLimit: Duration
    /// How long a caller waits for an answer.
    public var timeout: Duration
    /// Calls that never arrive: nothing happens.
    public var unreachablePer10000: Int
    /// Calls that never arrive, of which the caller learns nothing.
    public var requestLostPer10000: Int
    /// Calls that take effect, but whose answer is lost.
    public var answerLostPer10000: Int
    /// Calls that arrive after up to ``slowLimit`` more, perhaps after the caller has given up.
    public var slowPer10000: Int
    /// How much later a slow call arrives, at most.
    public var slowLimit: Duration

    public init(
        delayLimit: Duration = .milliseconds(3),
        timeout: Duration = .milliseconds(20),
        unreachablePer10000: Int = 0,
        requestLostPer10000: Int = 0,
        answerLostPer10000: Int = 0,
        slowPer10000: Int = 0,
        slowLimit: Duration = .milliseconds(40)
    ) {
        precondition(delayLimit >= .zero && timeout > .zero, "an answer takes some time")
        self.delayLimit = delayLimit
        self.timeout = timeout
        self.unreachablePer10000 = unreachablePer10000
        self.requestLostPer10000 = requestLostPer10000
        self.answerLostPer10000 = answerLostPer10000
        self.slowPer10000 = slowPer10000
        self.slowLimit = slowLimit
    }

    /// No fault at all.
    public static let none = ServiceFaults()
}

/// What the caller of a simulated service knows when it gets no answer.
public enum ServiceFault: Error, Equatable, Sendable {
    /// The call did not arrive: nothing has happened, and nothing will.
    case unreachable
    /// There was no answer in time: it may have happened, or happen yet, or never.
    case noAnswer
}

/// A service on a node of its own, reached by messages that can be slow or lost.
///
/// Wrap any store in it: what a call does runs on the service's node, which outlives its callers.
/// Never call an actor of another node directly: a crash of the caller would leave that actor stuck.
public final class SimulatedService: Sendable {
    private struct State {
        var faults: ServiceFaults
        var random: SeededGenerator
        var nextCall = 0
        var pending: [Int: @Sendable () -> Void] = [:]
        var isOver = false
    }

    /// Where the calls are carried out.
    public let node: SimulatedNode
    private let simulation: Simulation
    private let state: Mutex<State>

    /// Makes a service on a new node.
    public init(_ name: String, in simulation: Simulation, faults: ServiceFaults = .none) {
        self.simulation = simulation
        node = simulation.node(name)
        let seed = UInt64(simulation.random(below: .max))
        state = Mutex(State(faults: faults, random: SeededGenerator(seed: seed)))
        simulation.atEnd { [weak self] in self?.end() }
    }

    /// How the service fails its callers from now on.
    public var faults: ServiceFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// Has `operation` done on the service's node, and brings back what it returns.
    ///
    /// - Throws: ``ServiceFault``; ``ServiceFault/noAnswer`` too when the caller is cancelled.
    public func call<Answer: Sendable>(
        _ operation: @escaping @Sendable () async -> Answer
    ) async throws(ServiceFault) -> Answer {
        let call = PendingCall<Answer>()
        let id = register { call.finish(.failure(.noAnswer)) }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                call.wait(waiter)
                if let id { send(call, id, operation) } else { call.finish(.failure(.noAnswer)) }
                if Task.isCancelled { call.finish(.failure(.noAnswer)) }
            }
        } onCancel: {
            call.finish(.failure(.noAnswer))
        }
        if let id { _ = state.withLock { $0.pending.removeValue(forKey: id) } }
        return try answer.get()
    }

    private func send<Answer: Sendable>(
        _ call: PendingCall<Answer>,
        _ id: Int,
        _ operation: @escaping @Sendable () async -> Answer
    ) {
        let fate = drawFate()
        simulation.after(fate.timeout) { call.finish(.failure(.noAnswer)) }
        if fate.isUnreachable {
            return simulation.after(fate.there) { call.finish(.failure(.unreachable)) }
        }
        if fate.isRequestLost { return }
        simulation.after(fate.there) { [node, simulation] in
            node.start {
                let answer = await operation()
                if fate.isAnswerLost { return }
                simulation.after(fate.back) { call.finish(.success(answer)) }
            }
        }
    }

    private struct Fate {
        let there: Duration
        let back: Duration
        let timeout: Duration
        let isUnreachable: Bool
        let isRequestLost: Bool
        let isAnswerLost: Bool
    }

    private func drawFate() -> Fate {
        state.withLock { state in
            let faults = state.faults
            let isSlow = state.random.happens(per10000: faults.slowPer10000)
            let lateness = isSlow ? state.random.duration(upTo: faults.slowLimit) : .zero
            return Fate(
                there: state.random.duration(upTo: faults.delayLimit) + lateness,
                back: state.random.duration(upTo: faults.delayLimit),
                timeout: faults.timeout,
                isUnreachable: state.random.happens(per10000: faults.unreachablePer10000),
                isRequestLost: state.random.happens(per10000: faults.requestLostPer10000),
                isAnswerLost: state.random.happens(per10000: faults.answerLostPer10000)
            )
        }
    }

    private func register(_ abort: @escaping @Sendable () -> Void) -> Int? {
        state.withLock { state in
            if state.isOver { return nil }
            defer { state.nextCall += 1 }
            state.pending[state.nextCall] = abort
            return state.nextCall
        }
    }

    private func end() {
        let pending = state.withLock { state in
            state.isOver = true
            defer { state.pending = [:] }
            return state.pending.sorted { $0.key < $1.key }
        }
        for call in pending { call.value() }
    }
}

/// A call that waits for its answer; the first one counts.
private final class PendingCall<Answer: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Answer, ServiceFault>, Never>

    private enum State {
        case new
        case waiting(Waiter)
        case answered(Result<Answer, ServiceFault>)
        case done
    }

    private let state = Mutex(State.new)

    func wait(_ waiter: CheckedContinuation<Result<Answer, ServiceFault>, Never>) {
        let early: Result<Answer, ServiceFault>? = state.withLock { state in
            guard case .answered(let result) = state else {
                state = .waiting(waiter)
                return nil
            }
            state = .done
            return result
        }
        if let early { waiter.resume(returning: early) }
    }

    func finish(_ result: Result<Answer, ServiceFault>) {
        let waiter: Waiter? = state.withLock { state in
            switch state {
            case .new:
                state = .answered(result)
                return nil
            case .waiting(let waiter):
                state = .done
                return waiter
            case .answered, .done:
                return nil
            }
        }
        waiter?.resume(returning: result)
    }
}
