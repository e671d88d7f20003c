public import Streams
import Testing

/// What every cursor store must do, whatever it is made of.
///
/// Give it a factory of fresh stores, and run every check.
public struct CursorStoreConformance<Store: CursorStore>: Sendable {
    private let make: @Sendable () async throws -> Store
    private let reopen: (@Sendable (Store) async throws -> Store)?

    /// Makes the checks.
    ///
    /// - Parameters:
    ///   - make: Makes a fresh store for each check.
    ///   - reopen: Closes a store and opens it again, for one that lasts longer than a process.
    public init(
        make: @escaping @Sendable () async throws -> Store,
        reopen: (@Sendable (Store) async throws -> Store)? = nil
    ) {
        self.make = make
        self.reopen = reopen
    }

    /// Runs every check, and records an issue for each that does not hold.
    public func runAll() async throws {
        try await beginsAtZero()
        try await everyClaimRaisesTheEpoch()
        try await movesOnlyFromWhereItIs()
        try await anOlderClaimIsFenced()
        try await nobodyMovesWithoutAClaim()
        try await keepsPartitionsApart()
        try await concurrentClaimsAllDiffer()
        try await ofTwoMovesOneIsMade()
        try await lastsBeyondReopening()
    }

    /// Before the first claim, offset and epoch are 0.
    public func beginsAtZero() async throws {
        let store = try await make()
        #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 0, epoch: 0))
    }

    /// A claim gives the next epoch and the offset as it is; reading changes nothing.
    public func everyClaimRaisesTheEpoch() async throws {
        let store = try await make()
        #expect(try await store.claim(0) == Cursor(nextOffset: 0, epoch: 1))
        #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 0, epoch: 1))
        try await store.advance(OffsetRange(partition: 0, lower: 0, upper: 7), epoch: 1)
        #expect(try await store.claim(0) == Cursor(nextOffset: 7, epoch: 2))
        #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 7, epoch: 2))
    }

    /// A range that does not begin at the cursor is refused, and nothing changes.
    public func movesOnlyFromWhereItIs() async throws {
        let store = try await make()
        _ = try await store.claim(0)
        try await store.advance(OffsetRange(partition: 0, lower: 0, upper: 10), epoch: 1)
        let current = Cursor(nextOffset: 10, epoch: 1)
        for (lower, upper) in [(0, 10), (9, 12), (11, 12)] {
            await #expect(throws: CursorError.fenced(current: current)) {
                let range = OffsetRange(partition: 0, lower: lower, upper: upper)
                try await store.advance(range, epoch: 1)
            }
        }
        #expect(try await store.cursor(of: 0) == current)
        try await store.advance(OffsetRange(partition: 0, lower: 10, upper: 12), epoch: 1)
    }

    /// After another claim the older one moves nothing, even from the right offset.
    public func anOlderClaimIsFenced() async throws {
        let store = try await make()
        let old = try await store.claim(0)
        let new = try await store.claim(0)
        let range = OffsetRange(partition: 0, lower: 0, upper: 5)
        for epoch in [old.epoch, new.epoch + 1, -1] {
            await #expect(throws: CursorError.fenced(current: new)) {
                try await store.advance(range, epoch: epoch)
            }
        }
        try await store.advance(range, epoch: new.epoch)
    }

    /// Epoch 0 is nobody's.
    public func nobodyMovesWithoutAClaim() async throws {
        let store = try await make()
        await #expect(throws: CursorError.fenced(current: Cursor(nextOffset: 0, epoch: 0))) {
            try await store.advance(OffsetRange(partition: 0, lower: 0, upper: 1), epoch: 0)
        }
    }

    /// What happens to one partition says nothing about another.
    public func keepsPartitionsApart() async throws {
        let store = try await make()
        _ = try await store.claim(0)
        try await store.advance(OffsetRange(partition: 0, lower: 0, upper: 5), epoch: 1)
        #expect(try await store.claim(1) == Cursor(nextOffset: 0, epoch: 1))
        #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 5, epoch: 1))
    }

    /// No two claims get one epoch, however they race.
    public func concurrentClaimsAllDiffer() async throws {
        let store = try await make()
        let epochs = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await store.claim(0).epoch } }
            var epochs: [Int] = []
            for try await epoch in group { epochs.append(epoch) }
            return epochs.sorted()
        }
        #expect(epochs == Array(1...20))
    }

    /// Of moves that begin at one place, one is made and the others are refused.
    public func ofTwoMovesOneIsMade() async throws {
        let store = try await make()
        let claim = try await store.claim(0)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for upper in 1...20 {
                group.addTask {
                    let range = OffsetRange(partition: 0, lower: 0, upper: upper)
                    do throws(CursorError) {
                        try await store.advance(range, epoch: claim.epoch)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count(where: { $0 }) == 1)
    }

    /// Offset and epoch are there again after reopening, so that fencing outlives a crash.
    public func lastsBeyondReopening() async throws {
        guard let reopen else { return }
        let store = try await make()
        _ = try await store.claim(0)
        try await store.advance(OffsetRange(partition: 0, lower: 0, upper: 5), epoch: 1)
        let again = try await reopen(store)
        #expect(try await again.cursor(of: 0) == Cursor(nextOffset: 5, epoch: 1))
        #expect(try await again.claim(0) == Cursor(nextOffset: 5, epoch: 2))
    }
}
