import ConformanceKit
import Cryptography
import Ledgers
import Merkle
import Streams
import Testing

@testable import LedgersEmbedded

@Suite struct EntriesFrameTests {
    /// Parts whose entries lie in their arenas with and without others between them.
    private static func parts(_ leaving: Int) throws -> (parts: [Chunk<LedgerEntry>], [[UInt8]]) {
        var parts: [Chunk<LedgerEntry>] = []
        var entries: [[UInt8]] = []
        for start in [0, 20, 40] {
            let events = try (start..<start + 20).map { try LedgerSample.event($0) }
            let records = LedgerSample.records(events, from: start)
            let batch = LedgerSample.batch(records, from: start, to: start + 20)
            for var part in batch.parts {
                part.elements.removeAll { $0.offset % leaving == 0 }
                entries += part.elements.map { events[$0.offset - start] }
                parts.append(part)
            }
        }
        return (parts, entries)
    }

    private static func ranges(_ payload: [UInt8], _ count: Int) -> [Range<Int>]? {
        EntriesFrame.ranges(of: payload.span, count: count)
    }

    @Test(arguments: [2, 3, 7, 1_000])
    func holdsEachEntryInOrder(leaving: Int) throws {
        let (parts, entries) = try Self.parts(leaving)
        var payload: [UInt8] = []
        EntriesFrame.encode(parts, into: &payload)
        let ranges = try #require(Self.ranges(payload, entries.count))
        #expect(ranges.map { Array(payload[$0]) } == entries)
        let leaves = EntriesFrame.leaves(of: payload.span, at: ranges)
        #expect(leaves == entries.map { RFC6962.leafHash($0) })
        #expect(leaves == parts.flatMap { $0.elements.map(\.leaf) })
    }

    @Test func nothingIsAFrameOfNothing() {
        var payload: [UInt8] = []
        EntriesFrame.encode([], into: &payload)
        #expect(payload.isEmpty)
        #expect(Self.ranges(payload, 0) == [])
    }

    @Test func refusesPayloadsThatDoNotAddUp() throws {
        let (parts, entries) = try Self.parts(1_000)
        var payload: [UInt8] = []
        EntriesFrame.encode(parts, into: &payload)
        let count = entries.count
        for wrong in [-1, 0, count - 1, count + 1, .max / 8] {
            #expect(Self.ranges(payload, wrong) == nil)
        }
        for size in stride(from: 0, to: payload.count, by: 13) {
            let cut = Array(payload[..<size])
            #expect(Self.ranges(cut, count) == nil)
        }
        // An end beyond the payload, and one before the entry begins.
        for bytes in [[UInt8](repeating: 0xFF, count: 4), [0, 0, 0, 0]] {
            var spoilt = payload
            spoilt.replaceSubrange(40..<44, with: bytes)
            #expect(Self.ranges(spoilt, count) == nil)
        }
    }
}
