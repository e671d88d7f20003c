import Synchronization

/// What happens at the next calls, one turn each; after the last turn every call succeeds.
public final class FailureScript<Failure: Error>: Sendable {
    /// What one call does.
    public enum Turn: Sendable {
        /// It does what it should.
        case succeeds
        /// It does nothing, and fails.
        case fails(Failure)
        /// It does what it should, but the caller is told that it failed.
        case takesEffectButFails(Failure)
    }

    private let turns: Mutex<[Turn]>

    public init(_ turns: [Turn] = []) {
        self.turns = Mutex(turns)
    }

    /// Adds turns at the end.
    public func add(_ turns: Turn...) {
        self.turns.withLock { $0 += turns }
    }

    /// How many turns are left.
    public var count: Int { turns.withLock { $0.count } }

    /// Does `body` as the next turn says.
    public func play<Answer>(
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        switch next() {
        case .succeeds:
            return try await body()
        case .fails(let failure):
            throw failure
        case .takesEffectButFails(let failure):
            _ = try await body()
            throw failure
        }
    }

    /// Fails if the next turn says so.
    func playSynchronously() throws(Failure) {
        switch next() {
        case .succeeds: return
        case .fails(let failure), .takesEffectButFails(let failure): throw failure
        }
    }

    private func next() -> Turn {
        turns.withLock { $0.isEmpty ? .succeeds : $0.removeFirst() }
    }
}
