import ConformanceKit
import Streams
import StreamsEmbedded
import Synchronization
import Testing

@Suite struct FileCursorStoreTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func range(_ lower: Int, _ upper: Int) -> OffsetRange {
        OffsetRange(partition: 3, lower: lower, upper: upper)
    }

    @Test func itIsACursorStore() async throws {
        let folder = folder
        let next = Box(0)
        let suite = CursorStoreConformance {
            let number = next.value.withLock { number in
                number += 1
                return number
            }
            return try await FileCursorStore.open(folder / "\(number)")
        } reopen: { store in
            await store.close()
            return try await FileCursorStore.open(store.folder)
        }
        try await suite.runAll()
    }

    @Test func aCursorIsThereAfterOpeningAgain() async throws {
        do {
            let store = try await FileCursorStore.open(folder / "cursors")
            #expect(try await store.cursor(of: 3) == .start)
            #expect(try await store.claim(3) == Cursor(nextOffset: 0, epoch: 1))
            try await store.advance(range(0, 5), epoch: 1)
            try await store.advance(range(5, 9), epoch: 1)
        }
        let store = try await FileCursorStore.open(folder / "cursors")
        #expect(try await store.cursor(of: 3) == Cursor(nextOffset: 9, epoch: 1))
        #expect(try await store.claim(3) == Cursor(nextOffset: 9, epoch: 2))
        let fenced = CursorError.fenced(current: Cursor(nextOffset: 9, epoch: 2))
        await #expect(throws: fenced) { try await store.advance(range(9, 10), epoch: 1) }
        await #expect(throws: fenced) { try await store.advance(range(8, 10), epoch: 2) }
        #expect(try await store.cursor(of: 0) == .start)
    }

    @Test func aSecondStoreInTheFolderIsRefused() async throws {
        let store = try await FileCursorStore.open(folder.path)
        await #expect(throws: StorageError.self) { try await FileCursorStore.open(folder.path) }
        _ = try await store.claim(0)
    }

    /// One damaged slot never takes a cursor back; two are an error.
    @Test func aFlippedBitDoesNotMoveACursor() async throws {
        let store = try await FileCursorStore.open(folder.path)
        _ = try await store.claim(3)
        try await store.advance(range(0, 7), epoch: 1)
        let path = folder / "3.cursor"
        for index in stride(from: 0, to: 2 * DoubleSlotFile.slotSize, by: 37) {
            try flip(path, at: index, bit: index % 8)
            #expect(try await store.cursor(of: 3) == Cursor(nextOffset: 7, epoch: 1))
            try flip(path, at: index, bit: index % 8)
        }
        try flip(path, at: 20, bit: 0)
        try flip(path, at: DoubleSlotFile.slotSize + 20, bit: 0)
        await #expect(throws: CursorError.self) { try await store.cursor(of: 3) }
        await #expect(throws: CursorError.self) { try await store.advance(range(7, 8), epoch: 1) }
    }
}
