import Cryptography
import Testing

@testable import Merkle

@Suite struct InclusionProofTests {
    struct Probe: Decodable {
        let file, desc, root, leafHash: String
        let leafIdx: UInt64
        let treeSize: UInt64
        let proof: [String]?
        let wantErr: Bool

        /// Whether everything is well-formed and the proof valid.
        var isAccepted: Bool {
            let hashes = (proof ?? []).map { Digest(base64: $0) }
            guard let index = Int(exactly: leafIdx), let size = Int(exactly: treeSize),
                let leaf = Digest(base64: leafHash), let root = Digest(base64: root),
                hashes.allSatisfy({ $0 != nil })
            else { return false }
            return InclusionProof.isValid(
                hashes.compactMap(\.self),
                for: leaf,
                at: index,
                size: size,
                root: root
            )
        }
    }

    struct Probes: Decodable {
        let cases: [Probe]
    }

    @Test func decidesEveryPublishedProbeAsPublished() throws {
        let probes = try Vectors.load("merkle-inclusion-all.json", as: Probes.self).cases
        #expect(probes.count == 71)
        #expect(probes.count { !$0.wantErr } == 5)
        for probe in probes {
            #expect(probe.isAccepted == !probe.wantErr, "\(probe.file): \(probe.desc)")
        }
    }

    @Test func makesThePublishedProofsOfTheReferenceTree() throws {
        let tree = try RFC6962Tests.ReferenceTree.load()
        var lists = HashLists()
        lists.append(contentsOf: try tree.leafHashesHex.map(Vectors.digest))
        #expect(tree.inclusion.count == 36)
        for published in tree.inclusion {
            let proof = try InclusionProof(of: published.index, in: published.size, from: lists)
            #expect(proof.hashes == (try published.proofHex.map(Vectors.digest)))
            let leaf = try Vectors.digest(tree.leafHashesHex[published.index])
            let root = try Vectors.digest(tree.rootsBySizeHex[published.size])
            #expect(proof.isValid(for: leaf, root: root))
        }
    }

    /// Every proof of every tree of up to 130 leaves, made from tile lists, is the one that the
    /// definition of RFC 6962 gives, and verifies.
    @Test(arguments: 1...130)
    func makesEveryProofOfEveryTree(size: Int) throws {
        let naive = NaiveTree(size: size)
        var lists = HashLists()
        // More than asked for: proofs for an older size come from the same lists.
        lists.append(contentsOf: NaiveTree(size: size + size % 7).leaves)
        let root = naive.root(size: size)
        var wrong: [Int] = []
        for index in 0..<size {
            let proof = try InclusionProof(of: index, in: size, from: lists)
            let isRight =
                proof.hashes == naive.path(index, 0..<size)
                && proof.hashes.count == InclusionProof.hashCount(index: index, size: size)
                && proof.isValid(for: naive.leaves[index], root: root)
            if !isRight { wrong.append(index) }
        }
        #expect(wrong.isEmpty)
    }

    /// A proof survives no flipped bit in the leaf, the root or a hash, no hash taken away or
    /// added anywhere, and no other index.
    @Test(arguments: 1...16)
    func refusesEveryDamage(size: Int) throws {
        try expectNoDamageAccepted(NaiveTree(size: size))
    }

    @Test func refusesEveryDamageOfThePublishedProofs() throws {
        let tree = try RFC6962Tests.ReferenceTree.load()
        let leaves = try tree.leafHashesHex.map(Vectors.digest)
        for size in 1...8 { try expectNoDamageAccepted(NaiveTree(Array(leaves[..<size]))) }

        for probe in try Vectors.load("merkle-inclusion-all.json", as: Probes.self).cases
        where !probe.wantErr {
            let hashes = (probe.proof ?? []).compactMap { Digest(base64: $0) }
            let leaf = try #require(Digest(base64: probe.leafHash))
            let root = try #require(Digest(base64: probe.root))
            let (index, size) = (Int(probe.leafIdx), Int(probe.treeSize))
            #expect(accepted(hashes, leaf, index, size, root) == 0, "\(probe.file)")
        }
    }

    private func expectNoDamageAccepted(_ naive: NaiveTree) throws {
        let size = naive.leaves.count
        var lists = HashLists()
        lists.append(contentsOf: naive.leaves)
        let root = naive.root(size: size)
        for index in 0..<size {
            let hashes = try InclusionProof(of: index, in: size, from: lists).hashes
            let accepted = accepted(hashes, naive.leaves[index], index, size, root)
            #expect(accepted == 0, "index \(index) of \(size)")
        }
    }

    /// How many damaged forms of a proof are accepted, one more if the proof itself is not.
    private func accepted(
        _ hashes: [Digest],
        _ leaf: Digest,
        _ index: Int,
        _ size: Int,
        _ root: Digest
    ) -> Int {
        func accepts(_ hashes: [Digest], _ leaf: Digest, at index: Int, _ root: Digest) -> Bool {
            InclusionProof.isValid(hashes, for: leaf, at: index, size: size, root: root)
        }
        var accepted = accepts(hashes, leaf, at: index, root) ? 0 : 1
        for other in Damage.bits(of: leaf) where accepts(hashes, other, at: index, root) {
            accepted += 1
        }
        for other in Damage.bits(of: root) where accepts(hashes, leaf, at: index, other) {
            accepted += 1
        }
        for damaged in Damage.all(of: hashes, strangers: [leaf, root])
        where accepts(damaged, leaf, at: index, root) {
            accepted += 1
        }
        for other in -2...size + 2 where other != index && accepts(hashes, leaf, at: other, root) {
            accepted += 1
        }
        return accepted
    }

    /// Every size under which a proof still verifies gives the path the same shape; the size in
    /// the signed checkpoint decides between those.
    @Test func refusesEverySizeThatAltersTheShape() throws {
        var (keepingShape, wrong) = (0, 0)
        for size in 1...40 {
            let naive = NaiveTree(size: size)
            var lists = HashLists()
            lists.append(contentsOf: naive.leaves)
            let root = naive.root(size: size)
            for index in 0..<size {
                let proof = try InclusionProof(of: index, in: size, from: lists)
                let own = shape(index, size)
                for other in 0...90 where other != size {
                    let accepted = InclusionProof.isValid(
                        proof.hashes,
                        for: naive.leaves[index],
                        at: index,
                        size: other,
                        root: root
                    )
                    let isSameShape = shape(index, other) == own
                    if accepted != isSameShape { wrong += 1 }
                    if isSameShape { keepingShape += 1 }
                }
                #expect(wrong == 0, "index \(index) of \(size)")
            }
        }
        #expect(keepingShape > 0)
    }

    /// The sides on which the siblings stand, from the leaf up, by the definition: `nil` if there
    /// is no path.
    private func shape(_ index: Int, _ size: Int) -> [Bool]? {
        guard index < size else { return nil }
        var range = 0..<size
        var sides: [Bool] = []
        while range.count > 1 {
            let middle = range.lowerBound + NaiveTree.split(range.count)
            sides.append(index < middle)
            range = index < middle ? range.lowerBound..<middle : middle..<range.upperBound
        }
        return sides.reversed()
    }

    @Test func answersEveryNumber() {
        let extremes = [Int.min, -1, 0, 1, 1 << 62, Int.max - 1, Int.max]
        for index in extremes {
            for size in extremes {
                let isLeaf = index >= 0 && index < size
                #expect((InclusionProof.plan(index: index, size: size) != nil) == isLeaf)
                #expect((InclusionProof.hashCount(index: index, size: size) != nil) == isLeaf)
                for count in [0, 1, 62, 63, 64] {
                    let hashes = [Digest](repeating: Digest(), count: count)
                    let proof = InclusionProof(index: index, size: size, hashes: hashes)
                    #expect(proof?.isValid(for: Digest(), root: .leaf(1)) != true)
                }
            }
        }
        #expect(InclusionProof.hashCount(index: 10_000, size: 961_984_011) == 30)
        #expect(InclusionProof.hashCount(index: 0, size: .max) == 63)
        #expect(InclusionProof.plan(index: 0, size: .max)?.nodes.count == 124)
    }

    @Test func saysWhyThereIsNoProof() {
        #expect(throws: ProofError.indexOutOfRange(5, size: 5)) {
            try InclusionProof(of: 5, in: 5, from: HashLists())
        }
        #expect(throws: ProofError.noSuchNode(NodeCoordinate(level: 0, index: 0), size: 0)) {
            try InclusionProof(of: 1, in: 2, from: HashLists())
        }
        #expect(throws: ProofError.wrongHashCount(0, expected: 1)) {
            try InclusionProof(of: 1, in: 2, from: TiledHashes(size: 2) { _, _ in [] })
        }
    }
}
