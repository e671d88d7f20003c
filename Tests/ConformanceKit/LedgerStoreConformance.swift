import Cryptography
public import Ledgers
import Merkle
import Streams
import Testing

/// What every ledger store must do, whatever it is made of.
///
/// Give it a factory of fresh stores, and run every check.
public struct LedgerStoreConformance<Store: LedgerStore>: Sendable {
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
        try await beginsEmpty()
        try await keepsWhatWasCommitted()
        try await fencesOlderClaimsAndOtherOffsets()
        try await fencesABatchThatIsBeingSealed()
        try await storesNothingIfSealingFails()
        try await sealsWhatItHasReadBack()
        try await keepsRefusedRecordsWithTheirOffsets()
        try await remembersTheNewestEvents()
        try await lastsBeyondReopening()
    }

    private func seal(_ batch: LedgerBatch) -> LedgerSeal {
        { (leaves: [Digest]) async throws(LedgerError) in
            var tree = batch.before
            tree.append(contentsOf: leaves)
            guard tree == batch.after else {
                throw .verificationFailed(index: batch.firstIndex)
            }
            return try await LedgerSample.sign(0, tree.size, tree.root)
        }
    }

    private func commit(
        _ numbers: Range<Int>,
        _ lane: inout LedgerLane,
        _ store: Store
    ) async throws {
        let batch = try LedgerSample.ledgerBatch(numbers, with: &lane)
        try await store.commit(batch, seal: seal(batch))
    }

    /// A store that nobody has written to has no entries, and its first epoch is 1.
    public func beginsEmpty() async throws {
        let claim = try await make().claim(0)
        #expect(claim.cursor == Cursor(nextOffset: 0, epoch: 1))
        #expect(claim.tree == CompactRange())
        #expect(claim.marks.isEmpty)
    }

    /// The next claim finds the tree, the checkpoint, the marks and the cursor of the last commit.
    public func keepsWhatWasCommitted() async throws {
        let store = try await make()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        for numbers in [0..<1, 1..<300, 300..<301, 301..<1_000] {
            try await commit(numbers, &lane, store)
        }
        let claim = try await store.claim(0)
        var tree = CompactRange()
        for number in 0..<1_000 { tree.append(RFC6962.leafHash(try LedgerSample.event(number))) }
        #expect(claim.cursor == Cursor(nextOffset: 1_000, epoch: 2))
        #expect(claim.tree == tree)
        #expect(claim.note == Array("0 1000 \(tree.root)".utf8))
        #expect(claim.marks == [Array("sample".utf8): 999])
    }

    /// A batch of an older epoch, or of another offset, changes nothing.
    public func fencesOlderClaimsAndOtherOffsets() async throws {
        let store = try await make()
        var zombie = LedgerLane(partition: 0, claim: try await store.claim(0))
        try await commit(0..<10, &zombie, store)
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let current = Cursor(nextOffset: 10, epoch: 2)
        await #expect(throws: LedgerError.fenced(current: current)) {
            try await commit(10..<20, &zombie, store)
        }
        let late = try LedgerSample.ledgerBatch(10..<20, with: &lane)
        let later = try LedgerSample.ledgerBatch(20..<30, with: &lane)
        await #expect(throws: LedgerError.fenced(current: current)) {
            try await store.commit(later, seal: seal(later))
        }
        try await store.commit(late, seal: seal(late))
        try await store.commit(later, seal: seal(later))
        #expect(try await store.cursor(of: 0) == Cursor(nextOffset: 30, epoch: 2))
    }

    /// A claim, or another batch, that comes while a batch is being signed: that batch is not stored,
    /// and nothing of it is in the way of the next.
    public func fencesABatchThatIsBeingSealed() async throws {
        let store = try await make()
        var zombie = LedgerLane(partition: 0, claim: try await store.claim(0))
        try await commit(0..<5, &zombie, store)
        let batch = try LedgerSample.ledgerBatch(5..<12, with: &zombie)
        let current = Cursor(nextOffset: 5, epoch: 2)
        await #expect(throws: LedgerError.fenced(current: current)) {
            try await store.commit(batch) { _ throws(LedgerError) in
                _ = try await store.claim(0)
                return try await LedgerSample.sign(0, 12, batch.after.root)
            }
        }
        #expect(try await store.cursor(of: 0) == current)
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let slow = try LedgerSample.ledgerBatch(5..<9, with: &lane)
        await #expect(throws: LedgerError.self) {
            try await store.commit(slow) { _ throws(LedgerError) in
                try await store.commit(slow, seal: seal(slow))
                return try await LedgerSample.sign(0, 9, slow.after.root)
            }
        }
        try await commit(9..<20, &lane, store)
        let claim = try await store.claim(0)
        #expect(claim.cursor == Cursor(nextOffset: 20, epoch: 4))
        var tree = CompactRange()
        for number in 0..<20 { tree.append(RFC6962.leafHash(try LedgerSample.event(number))) }
        #expect(claim.tree == tree)
        #expect(try await store.recentEvents(of: 0, limit: 100).count == 20)
    }

    /// Without a signature nothing is stored, and the same batch can be stored afterwards.
    public func storesNothingIfSealingFails() async throws {
        let store = try await make()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        try await commit(0..<5, &lane, store)
        let batch = try LedgerSample.ledgerBatch(5..<9, with: &lane)
        for _ in 0..<2 {
            await #expect(throws: LedgerError.signingFailed(reason: "away")) {
                try await store.commit(batch) { _ throws(LedgerError) in
                    throw .signingFailed(reason: "away")
                }
            }
        }
        #expect(try await store.cursor(of: 0).nextOffset == 5)
        try await store.commit(batch, seal: seal(batch))
        #expect(try await store.claim(0).tree.size == 9)
    }

    /// The hashes given to the seal are those of the entries, in their order.
    public func sealsWhatItHasReadBack() async throws {
        let store = try await make()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let batch = try LedgerSample.ledgerBatch(0..<77, with: &lane)
        let expected = try (0..<77).map { RFC6962.leafHash(try LedgerSample.event($0)) }
        try await confirmation { sealed in
            try await store.commit(batch) { leaves throws(LedgerError) in
                #expect(leaves == expected)
                sealed()
                return try await LedgerSample.sign(0, 77, batch.after.root)
            }
        }
    }

    /// A batch of dead letters alone moves the cursor and needs no signature.
    public func keepsRefusedRecordsWithTheirOffsets() async throws {
        let store = try await make()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let records = LedgerSample.records([[1, 2, 3], []])
        let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: 2))
        #expect(batch.refused.map(\.offset) == [0, 1])
        #expect(batch.refused.map(\.reason) == [.malformedEvent, .malformedEvent])
        try await store.commit(batch) { _ throws(LedgerError) in
            throw .signingFailed(reason: "not asked for")
        }
        try await commit(2..<4, &lane, store)
        #expect(try await store.claim(0).cursor.nextOffset == 4)
    }

    /// The window has the newest entries, and no older ones.
    public func remembersTheNewestEvents() async throws {
        let store = try await make()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        try await commit(0..<50, &lane, store)
        try await commit(50..<60, &lane, store)
        let window = try await store.recentEvents(of: 0, limit: 20)
        #expect(window.count == 20)
        for (number, finding) in [
            (59, EventIDWindow.Finding.repeated), (40, .repeated), (39, .new),
        ] {
            let leaf = RFC6962.leafHash(try LedgerSample.event(number))
            let id = Array("event-\(number)".utf8)
            #expect(window.find(id.span, leaf: leaf) == finding, "\(number)")
        }
    }

    /// Closing and opening again changes nothing but the next epoch.
    public func lastsBeyondReopening() async throws {
        guard let reopen else { return }
        var store = try await make()
        var end = 0
        for count in [3, 0, 500, 1, 2_000] {
            let claim = try await store.claim(0)
            #expect(claim.cursor.nextOffset == end)
            #expect(claim.tree.size == end)
            var lane = LedgerLane(partition: 0, claim: claim)
            if count > 0 { try await commit(end..<end + count, &lane, store) }
            end += count
            store = try await reopen(store)
        }
        #expect(try await store.claim(0).cursor == Cursor(nextOffset: end, epoch: 6))
    }
}
