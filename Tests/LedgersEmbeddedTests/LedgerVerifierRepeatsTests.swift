import Testing

@testable import LedgersEmbedded

@Suite struct LedgerVerifierRepeatsTests {
    /// The formula that bounds memory: never more hashes at once than the limit.
    @Test func holdsABoundedNumberOfHashes() {
        for size in [0, 1, 10_000_000, LedgerVerifierRepeats.limit, 1 << 30] {
            let classes = LedgerVerifierRepeats(expected: size).classes
            #expect(size / classes <= LedgerVerifierRepeats.limit)
        }
        #expect(LedgerVerifierRepeats(expected: 10_000_000).classes == 1)
        #expect(LedgerVerifierRepeats.limit * 8 <= 128 << 20)
    }
}
