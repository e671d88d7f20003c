import Foundation
import Testing

@testable import LedgersEmbedded

@Suite struct IndexFollowerTests {
    /// What is told while the index catches up is done too, and the end waits for all of it.
    @Test func catchesUpWithWhatItIsTold() async throws {
        let folder = try TemporaryFolder()
        let ledger = try await LedgerFixture("\(folder.path)/ledger")
        let index = try await EntryIndex.open(ledger.path, transactionRows: 3)
        let follower = IndexFollower(index)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            var size = 0
            for round in 0..<10 {
                try await ledger.add([Array(round * 8..<round * 8 + 8)])
                size += 8
                follower.note(size: size)
            }
            follower.finish()
            try await group.waitForAll()
        }
        #expect(follower.progress.entries == 80)
        #expect(try await index.page().count == 80)
        await index.close()
    }

    @Test func endsWhenItIsCancelled() async throws {
        let folder = try TemporaryFolder()
        let ledger = try await LedgerFixture("\(folder.path)/ledger")
        let follower = IndexFollower(try await EntryIndex.open(ledger.path))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(follower.progress.entries == 0)
    }
}
