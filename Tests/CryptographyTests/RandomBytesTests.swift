import Testing

@testable import Cryptography

@Suite struct RandomBytesTests {
    @Test func fillsEveryByteAnewEachTime() throws {
        let first = try RandomBytes.make(64)
        let second = try RandomBytes.make(64)
        #expect(first != second)
        #expect(try RandomBytes.make(0).isEmpty)

        // A byte that is never written stays 0 in all of 64 draws.
        var seen = [UInt8](repeating: 0, count: 64)
        for _ in 0..<64 {
            for (place, byte) in try RandomBytes.make(64).enumerated() { seen[place] |= byte }
        }
        #expect(!seen.contains(0))
    }
}
