import ConformanceKit
import Cryptography
import Events
import Foundation
import Ledgers
import Merkle
import Streams

@testable import LedgersEmbedded

/// A small ledger of made-up events, with two kinds of identifiers and a dead letter now and then.
struct LedgerFixture {
    let path: String

    static func note(_ size: Int, _ root: Digest) -> [UInt8] {
        Array("fixture \(size) \(root.base64)".utf8)
    }

    static let verifyNote: CheckpointVerifier = { note in
        let words = String(decoding: note, as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == "fixture", let size = Int(words[1]),
            let root = Digest(base64: words[2])
        else { return nil }
        return (size, root)
    }

    /// The identifier of the event with this number: every other one is a UUID.
    static func id(_ number: Int) -> String {
        guard number % 2 == 0 else { return "event-\(number)" }
        let digest = SHA256.digest(of: Array("\(number)".utf8))
        let digits = digest.description.prefix(32)
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(digits.dropFirst(range.lowerBound).prefix(range.count))
        }
        return parts.joined(separator: "-")
    }

    static func agent(_ number: Int) -> String { "agent-\(number % 3)" }

    static func time(_ number: Int) -> EventTime {
        EventTime(nanoseconds: Int64(number * 7 % 50) * 1_000_000_000)
    }

    static func event(_ number: Int) throws -> [UInt8] {
        try Event(
            id: id(number),
            agent: agent(number),
            timestamp: time(number),
            .metering(
                Metering(
                    resourceType: "llm_call",
                    quantity: .one,
                    cost: Money(nanos: Int64(number), currency: .usd)
                )
            )
        ).canonicalBytes
    }

    /// Makes an empty ledger in `path`.
    init(_ path: String) async throws {
        self.path = path
        try await EmbeddedLedgerStore.create(path, note: Self.note(0, RFC6962.emptyRoot))
    }

    /// Takes the ledger that is in `path`.
    init(opening path: String) async throws {
        self.path = path
    }

    /// Adds a batch for each list of events, with a dead letter at the end of each second one.
    ///
    /// - Returns: The roots of the tree, by its size.
    @discardableResult
    func add(
        _ batches: [[Int]],
        segmentLimit: Int = EmbeddedLedgerStore.defaultSegmentLimit,
        seal: @escaping @Sendable (Int, Digest) -> [UInt8] = LedgerFixture.note
    ) async throws -> [Int: Digest] {
        let store = try await EmbeddedLedgerStore.open(path, segmentLimit: segmentLimit)
        let claim = try await store.claim(0)
        var lane = LedgerLane(partition: 0, claim: claim)
        var next = claim.cursor.nextOffset
        var roots: [Int: Digest] = [:]
        for (number, events) in batches.enumerated() {
            var values = try events.map { try Self.event($0) }
            if number % 2 == 1 { values.append(Array("no event".utf8)) }
            let records = LedgerSample.records(values, from: next)
            let upper = next + values.count
            let batch = try lane.commit(LedgerSample.batch(records, from: next, to: upper))
            try await store.commit(batch) { leaves throws(LedgerError) in
                seal(batch.after.size, batch.after.root)
            }
            roots[batch.after.size] = batch.after.root
            next = upper
        }
        await store.close()
        return roots
    }

    func makeIndex(transactionRows: Int = EntryIndex.transactionRows) async throws {
        let index = try await EntryIndex.open(path, transactionRows: transactionRows)
        try await index.follow()
        await index.close()
    }

    func verify(
        watching sizes: [Int] = [],
        checksIndex: Bool = true
    ) async -> LedgerVerification {
        var options = LedgerVerifier.Options()
        options.watchedSizes = sizes
        options.checksIndex = checksIndex
        return await LedgerVerifier(
            path,
            options: options,
            clock: GraphClock(ContinuousClock()),
            verifyNote: Self.verifyNote
        ).run()
    }
}
