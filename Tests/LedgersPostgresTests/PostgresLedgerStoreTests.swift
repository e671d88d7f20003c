import ConformanceKit
import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsPostgres
import Testing

@testable import LedgersPostgres

@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct PostgresLedgerStoreTests {
    @Test func doesWhatEveryStoreDoes() async throws {
        try await ScratchLedger.with { ledger in
            let tables = """
                'caracal.entries, caracal.tiles, caracal.trees, caracal.checkpoints,
                caracal.cursors, caracal.marks, caracal.dead_letters'
                """
            let names = tables.dropFirst().dropLast()
            try await LedgerStoreConformance {
                try await ledger.connection.execute("TRUNCATE \(names)")
                return ledger.store()
            } reopen: { store in
                await store.close()
                return ledger.store()
            }.runAll()
        }
    }
}
