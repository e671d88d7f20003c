private import CChecksums
import StreamsEmbedded
import StreamsTesting
import Testing

@Suite struct CRC32CTests {
    /// RFC 3720, B.4.
    @Test func thePublishedVectors() {
        let vectors: [([UInt8], UInt32)] = [
            (Array(repeating: 0, count: 32), 0x8A91_36AA),
            (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
            (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ]
        for (bytes, checksum) in vectors { #expect(CRC32C.checksum(of: bytes.span) == checksum) }
    }

    /// In one piece or in any two, and as bit by bit.
    @Test(arguments: UInt64(0)..<16)
    func piecesAndTheDefinitionAgree(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<Int.random(in: 0...40_000, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        let whole = CRC32C.checksum(of: bytes.span)
        let cut = Int.random(in: 0...bytes.count, using: &random)
        let first = CRC32C.checksum(of: bytes.span.extracting(..<cut))
        #expect(CRC32C.checksum(of: bytes.span.extracting(cut...), after: first) == whole)
        var state = UInt32.max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        #expect(~state == whole)
        // As a processor without the instruction would compute it.
        let portable = unsafe bytes.withUnsafeBytes { buffer in
            unsafe cchecksums_crc32c_portable(0, buffer.baseAddress, buffer.count)
        }
        #expect(portable == whole)
    }
}
