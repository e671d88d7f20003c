import ConformanceKit
import Cryptography
import LedgerGraph
import Ledgers
import Merkle
import Streams
import Testing

@Suite struct LedgerPipelineTests {
    /// What is pulled at once is no more than a batch, leaves work for every lane, and is never
    /// nothing.
    @Test(arguments: [1, 2, 64], [1, 100, 4_096])
    func pullsNoMoreThanABatch(lanes: Int, count: Int) {
        for memory in [0, 64 << 10, 1 << 30] {
            let options = LedgerPipeline.Options(lanes: lanes, batchCount: count, memory: memory)
            let limit = options.chunkLimit
            #expect((1...count).contains(limit.elements))
            #expect((1...options.batchBytes).contains(limit.bytes))
            #expect(limit.bytes <= max(16 << 10, memory / lanes))
        }
    }

    @Test func isTheGraphThatItSays() async throws {
        let store = InMemoryLedgerStore()
        let claim = try await store.claim(0)
        let log = try await LedgerServiceTests.log(10)
        let member = log.join(holding: [0])
        _ = try await member.nextChange()
        let blueprint = LedgerPipeline().blueprint(
            reader: try await member.reader(of: 0, from: 0),
            lane: LedgerLane(partition: 0, claim: claim),
            sink: LedgerSink(
                store: store,
                sign: LedgerSample.sign,
                runtime: LedgerServiceTests.runtime,
                observe: { _ in }
            )
        )
        let text = blueprint.describe()
        var rest = text[...]
        for stage in [
            "ingest", "prepare", "decode", "refuse", "hash leaves", "batch", "commit", "store",
        ] {
            let found = rest.firstRange(of: stage)
            let range = try #require(found, "\(stage) is missing in \(text)")
            rest = rest[range.upperBound...]
        }
    }

    /// Entries keep the log's order and bytes, each exactly once, and their leaf hashes are those
    /// of the bytes.
    @Test func entriesAreTheRecordsInOrder() async throws {
        let log = try await LedgerServiceTests.log(3_000, poison: false)
        let store = InMemoryLedgerStore()
        let options = LedgerPipeline.Options(lanes: 4, batchCount: 333, memory: 128 << 10)
        try await LedgerServiceTests.drain(log, into: store, options)
        let ledger = await store.ledger(of: 0)
        #expect(ledger.entries == (try (0..<3_000).map { try LedgerSample.event($0) }))
        #expect(ledger.refused.isEmpty)
    }
}
