import ConformanceKit
import Ledgers
import Testing

@Suite struct InMemoryLedgerStoreTests {
    @Test func doesWhatEveryStoreDoes() async throws {
        try await LedgerStoreConformance { InMemoryLedgerStore() }.runAll()
    }
}
