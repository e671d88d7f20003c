import Testing

@testable import Cryptography

@Suite struct DigestTests {
    private let digest = SHA256.digest(of: Array("abc".utf8))

    @Test func takesThirtyTwoBytesAndNoOtherNumber() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8($0) }
            #expect(Digest(bytes.span)?.bytes == (count == 32 ? bytes : nil))
        }
    }

    @Test func writesAndReadsBase64() {
        #expect(digest.base64 == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
        #expect(Digest(base64: digest.base64) == digest)
        #expect(Digest(base64: Array(digest.base64.utf8).span) == digest)
        #expect(Digest(base64: digest.base64.dropLast()) == nil)
        #expect(Digest(base64: Base64.encode(digest.bytes + [0])) == nil)
        #expect(Digest(base64: "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa1=") == nil)
    }

    @Test func everyBitCounts() {
        for bit in 0..<256 {
            var other = digest
            other.withMutableBytes { $0[bit / 8] ^= 1 << (bit % 8) }
            #expect(other != digest)
        }
    }

    @Test func appendsItsBytes() {
        var bytes: [UInt8] = [9]
        digest.append(to: &bytes)
        #expect(bytes == [9] + digest.bytes)
        #expect(digest.prefix == 0xba78_16bf_8f01_cfea)
    }
}
