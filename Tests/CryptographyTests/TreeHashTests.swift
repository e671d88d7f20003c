import Testing

@testable import Cryptography

/// libcrypto is the oracle: `SHA256.digest(of:on: .libcrypto)` over the prefixed message.
@Suite struct TreeHashTests {
    private static let routes = HashRoute.allCases.filter(\.isAvailable)

    private func message(_ count: Int, salt: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ salt) &* 167 &+ count) }
    }

    private func expected(_ prefix: UInt8?, _ message: [UInt8]) -> Digest {
        let prefixed = (prefix.map { [$0] } ?? []) + message
        return SHA256.digest(of: prefixed.span, on: .libcrypto)
    }

    @Test(arguments: routes)
    func hashesMessagesAndLeavesOfEveryLength(route: HashRoute) {
        for count in 0...300 {
            let entry = message(count)
            #expect(SHA256.digest(of: entry.span, on: route) == expected(nil, entry), "\(count)")
            #expect(TreeHash.leaf(entry.span, on: route) == expected(0, entry), "\(count)")
        }
    }

    /// Every pair of lengths around the ends of blocks, and all others with a few partners.
    @Test(arguments: routes)
    func hashesTwoLeavesOfAnyLengthsAtOnce(route: HashRoute) {
        let edges = [0, 1, 54, 55, 56, 62, 63, 64, 65, 118, 119, 120, 126, 127, 128, 191, 300]
        for first in 0...300 {
            for second in edges + [first] {
                let (a, b) = (message(first), message(second, salt: 9))
                let pair = TreeHash.leaves(a.span, b.span, on: route)
                #expect(pair.0 == expected(0, a), "\(first) beside \(second)")
                #expect(pair.1 == expected(0, b), "\(second) beside \(first)")
            }
        }
    }

    @Test(arguments: routes)
    func hashesNodesOneByOneAndInPlaceAndApart(route: HashRoute) {
        let digests = (0..<34).map { TreeHash.leaf([UInt8($0)].span, on: .libcrypto) }
        let nodes = (0..<17).map { index in
            expected(1, digests[2 * index].bytes + digests[2 * index + 1].bytes)
        }
        for index in 0..<17 {
            let node = TreeHash.node(digests[2 * index], digests[2 * index + 1], on: route)
            #expect(node == nodes[index])
        }
        for count in 0...17 {
            var inPlace = digests
            var span = inPlace.mutableSpan
            TreeHash.replacePairs(count, of: &span, on: route)
            #expect(Array(inPlace[..<count]) == Array(nodes[..<count]))
            #expect(Array(inPlace[(2 * count)...]) == Array(digests[(2 * count)...]))

            var apart = [Digest](repeating: Digest(), count: 17)
            var out = apart.mutableSpan
            TreeHash.nodes(over: digests.span.extracting(first: 2 * count), to: &out, on: route)
            #expect(Array(apart[..<count]) == Array(nodes[..<count]))
            #expect(apart[count...].allSatisfy { $0 == Digest() })
        }
    }

    @Test func choosesTheProcessorWhereItCan() {
        #expect(HashRoute.preferred.isAvailable)
        #expect((HashRoute.preferred == .processor) == HashRoute.processor.isAvailable)
        let entry: [UInt8] = [1, 2, 3]
        #expect(TreeHash.leaf(entry.span) == expected(0, entry))
        #expect(TreeHash.leaves(entry.span, entry.span).1 == expected(0, entry))
    }
}
