import Cryptography
import Testing

@testable import Merkle

@Suite struct RFC6962Tests {
    struct Golden: Decodable {
        let desc: String
        let leafHex, leftHex, rightHex, hex, base64: String?
    }

    struct Goldens: Decodable {
        let cases: [Golden]
    }

    @Test func agreesWithThePublishedHashes() throws {
        let cases = try Vectors.load("hashing.json", as: Goldens.self).cases
        #expect(cases.count == 5)
        for golden in cases {
            let expected = try golden.hex.map(Vectors.digest) ?? Digest(base64: golden.base64 ?? "")
            if let leaf = golden.leafHex {
                #expect(RFC6962.leafHash(try Vectors.bytes(leaf)) == expected, "\(golden.desc)")
            } else if let left = golden.leftHex, let right = golden.rightHex {
                // The children of this vector are no digests, which only SHA-256 itself can take.
                let message = try [1] + Vectors.bytes(left) + Vectors.bytes(right)
                #expect(SHA256.digest(of: message) == expected, "\(golden.desc)")
            } else {
                #expect(RFC6962.emptyRoot == expected, "\(golden.desc)")
            }
        }
    }

    @Test func leavesAndNodesAreToldApartAndOrdered() {
        let (a, b) = (Digest.leaf(1), Digest.leaf(2))
        #expect(RFC6962.leafHash(a.bytes + b.bytes) != RFC6962.nodeHash(a, b))
        #expect(RFC6962.nodeHash(a, b) != RFC6962.nodeHash(b, a))
    }

    struct ReferenceTree: Decodable {
        struct Inclusion: Decodable {
            let index, size: Int
            let proofHex: [String]
        }

        struct Consistency: Decodable {
            let size1, size2: Int
            let proofHex: [String]
        }

        let leavesHex, leafHashesHex, rootsBySizeHex: [String]
        let nodeHashesHexByLevel: [[String]]
        let inclusion: [Inclusion]
        let consistency: [Consistency]

        static func load() throws -> Self {
            try Vectors.load("ct-reference-tree.json")
        }
    }

    @Test func agreesWithTheReferenceTreeOfCertificateTransparency() throws {
        let tree = try ReferenceTree.load()
        let leaves = try tree.leavesHex.map { RFC6962.leafHash(try Vectors.bytes($0)) }
        #expect(leaves == (try tree.leafHashesHex.map(Vectors.digest)))
        #expect(tree.rootsBySizeHex.count == 9)
        for (size, root) in tree.rootsBySizeHex.enumerated() {
            #expect(RFC6962.root(of: Array(leaves[..<size])) == (try Vectors.digest(root)))
        }
        var level = leaves
        for nodes in tree.nodeHashesHexByLevel {
            #expect(level == (try nodes.map(Vectors.digest)))
            RFC6962.hashPairs(of: &level, count: level.count / 2)
            level.removeLast(level.count - level.count / 2)
        }
    }

    @Test func hashesEntriesOfAnArenaTwoAtATime() {
        let arena = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for count in 0...9 {
            let ranges = (0..<count).map { $0 * 70..<$0 * 70 + $0 * 31 }
            var hashes = [Digest.leaf(0)]
            RFC6962.leafHashes(in: arena.span, ranges: ranges.span, appendingTo: &hashes)
            #expect(hashes == [Digest.leaf(0)] + ranges.map { RFC6962.leafHash(Array(arena[$0])) })
        }
    }
}
