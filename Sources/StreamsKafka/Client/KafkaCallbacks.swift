import Synchronization

/// What librdkafka has called back with, until the client's own thread looks at it.
///
/// A configuration has one opaque slot: it holds an unretained reference to this value, which lives
/// as long as the handle. Callbacks but those of the log and of certificates come on the thread that
/// serves the queue; nothing here blocks or calls librdkafka.
final class KafkaCallbacks: Sendable {
    /// What a group has said of partitions.
    struct Rebalance: Equatable, Sendable {
        let isAssignment: Bool
        let isLost: Bool
        let partitions: [Int]
    }

    private struct State {
        var rebalances: [Rebalance] = []
        var errors: [KafkaError] = []
        var refusal: CertificateRefusal?
        var trouble: KafkaError?
        var isClosing = false
    }

    let observe: @Sendable (KafkaEvent) -> Void
    private let advice: KafkaAdvice
    private let state = Mutex(State())

    init(_ advice: KafkaAdvice, observe: @escaping @Sendable (KafkaEvent) -> Void) {
        self.advice = advice
        self.observe = observe
    }

    /// From here on rebalances are answered inside the callback: nobody waits for them.
    func beginClosing() {
        state.withLock { $0.isClosing = true }
    }

    /// Keeps a rebalance for later.
    ///
    /// - Returns: Whether it must be answered at once instead.
    func keep(_ rebalance: Rebalance) -> Bool {
        state.withLock { state in
            if !state.isClosing { state.rebalances.append(rebalance) }
            return state.isClosing
        }
    }

    func keep(_ error: KafkaError) {
        let explained = explained(error)
        state.withLock { $0.errors.append(explained) }
    }

    /// Remembers the last certificate that was refused, for the error that is to come.
    func keep(_ refusal: CertificateRefusal) {
        state.withLock { $0.refusal = refusal }
    }

    /// Remembers what the client tries to get over by itself, to be told when that takes too long.
    func remember(_ trouble: KafkaError?) {
        state.withLock { $0.trouble = trouble }
    }

    var trouble: KafkaError? { state.withLock { $0.trouble } }

    /// The error with what an operator can do about it.
    func explained(_ error: KafkaError) -> KafkaError {
        advice.explained(error, refusal: state.withLock { $0.refusal })
    }

    func takeRebalances() -> [Rebalance] {
        state.withLock { state in
            defer { state.rebalances = [] }
            return state.rebalances
        }
    }

    func takeErrors() -> [KafkaError] {
        state.withLock { state in
            defer { state.errors = [] }
            return state.errors
        }
    }
}
