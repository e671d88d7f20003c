import ConformanceKit
import Streams
import Testing

@Suite struct InMemoryCursorStoreTests {
    @Test func isACursorStore() async throws {
        try await CursorStoreConformance { InMemoryCursorStore() }.runAll()
    }
}
