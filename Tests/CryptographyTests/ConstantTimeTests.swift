import Testing

@testable import Cryptography

@Suite struct ConstantTimeTests {
    @Test func isEqualityOfBytes() {
        let bytes = (0..<40).map { UInt8($0) }
        for count in 0...40 {
            let prefix = Array(bytes[..<count])
            #expect(areEqual(prefix, prefix))
            #expect(areEqual(prefix, bytes) == (count == 40))
            for place in 0..<count {
                var other = prefix
                other[place] ^= 0x80
                #expect(!areEqual(prefix, other))
            }
        }
    }

    private func areEqual(_ lhs: [UInt8], _ rhs: [UInt8]) -> Bool {
        constantTimeEquals(lhs.span, rhs.span)
    }
}
