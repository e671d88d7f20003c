import Cryptography
import Testing

@testable import LedgersPostgres

@Suite struct SourceHashTests {
    private struct Row: Equatable {
        var offset: Int
        var sequence: Int
        var producer: String
    }

    private static func result(
        _ rows: [Row],
        after previous: Digest = Digest()
    ) -> SourceHash.Result {
        var hash = SourceHash(after: previous, partition: 3, firstIndex: 70)
        for row in rows {
            hash.add(
                offset: row.offset,
                sequence: row.sequence,
                producer: Array(row.producer.utf8).span
            )
        }
        return hash.finish()
    }

    private static func rows(
        _ count: Int,
        _ random: inout some RandomNumberGenerator
    ) -> [Row] {
        var offset = 0
        return (0..<count).map { number in
            offset += Int.random(in: 1...3, using: &random)
            let producer = ["", "a", "b", "producer-7"].randomElement(using: &random) ?? ""
            return Row(offset: offset, sequence: producer.isEmpty ? -1 : number, producer: producer)
        }
    }

    /// One changed value changes the hash, and the sums find its row.
    @Test(arguments: 0..<200)
    func findsTheRowThatChanged(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let rows = Self.rows(Int.random(in: 1...700, using: &random), &random)
        let stored = Self.result(rows)
        let place = Int.random(in: 0..<rows.count, using: &random)
        var changed = rows
        switch Int.random(in: 0..<3, using: &random) {
        case 0: changed[place].offset ^= 1 << Int.random(in: 0..<62, using: &random)
        case 1: changed[place].sequence ^= 1 << Int.random(in: 0..<62, using: &random)
        default: changed[place].producer += "x"
        }
        let found = Self.result(changed)
        #expect(found.hash != stored.hash)
        #expect(
            SourceHash.changedPlace(stored: stored, found: found, count: rows.count) == place
        )
        #expect(Self.result(rows) == stored)
    }

    /// What begins and ends where is part of the hash.
    @Test func tellsRowsApartThatLookAlike() {
        let rows = [
            Row(offset: 1, sequence: 2, producer: "ab"),
            Row(offset: 3, sequence: 4, producer: "ab"),
        ]
        var seen: Set<Digest> = [Self.result(rows).hash]
        var other = rows
        other[0].producer = "a"
        #expect(seen.insert(Self.result(other).hash).inserted)
        other = rows.reversed()
        #expect(seen.insert(Self.result(other).hash).inserted)
        #expect(seen.insert(Self.result([rows[0]]).hash).inserted)
        #expect(seen.insert(Self.result([]).hash).inserted)
        #expect(seen.insert(Self.result(rows, after: SHA256.digest(of: [])).hash).inserted)
    }
}

/// Steele's SplitMix64: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
