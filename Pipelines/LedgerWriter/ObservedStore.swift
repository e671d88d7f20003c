import Ledgers
import Streams

/// A store that tells how far a partition was when it was claimed, and how long signed roots take.
struct ObservedStore<Base: LedgerStore>: LedgerStore {
    private let base: Base
    private let clock: GraphClock
    private let claimed: @Sendable (_ partition: Int, Cursor) -> Void
    private let sealed: @Sendable (Duration) -> Void

    /// - Parameters:
    ///   - base: Does all the work.
    ///   - clock: Measures.
    ///   - claimed: Is told of each claim.
    ///   - sealed: Is told the time from the start of a batch's transaction to its signed root.
    init(
        _ base: Base,
        clock: GraphClock,
        claimed: @escaping @Sendable (_ partition: Int, Cursor) -> Void,
        sealed: @escaping @Sendable (Duration) -> Void
    ) {
        self.base = base
        self.clock = clock
        self.claimed = claimed
        self.sealed = sealed
    }

    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        let claim = try await base.claim(partition)
        claimed(partition, claim.cursor)
        return claim
    }

    func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try await base.cursor(of: partition)
    }

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        let start = clock.now()
        try await base.commit(batch) { [clock, sealed] readBack async throws(LedgerError) in
            let note = try await seal(readBack)
            sealed(clock.now() - start)
            return note
        }
    }

    func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try await base.recentEvents(of: partition, limit: limit)
    }
}
