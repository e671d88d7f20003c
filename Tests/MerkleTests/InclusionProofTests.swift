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
        for index in 0..<size {
            let proof = try InclusionProof(of: index, in: size, from: lists)
            #expect(proof.hashes == naive.path(index, 0..<size))
            #expect(proof.hashes.count == InclusionProof.hashCount(index: index, size: size))
            #expect(proof.isValid(for: naive.leaves[index], root: root))
        }
    }

    /// A proof survives no flipped bit in the leaf, the root or a hash, no hash taken away or
    /// added anywhere, and no other index.
    @Test(arguments: 1...16)
    func refusesEveryDamage(size: Int) throws {
        let naive = NaiveTree(size: size)
        var lists = HashLists()
        lists.append(contentsOf: naive.leaves)
        let root = naive.root(size: size)
        for index in 0..<size {
            let leaf = naive.leaves[index]
            let hashes = try InclusionProof(of: index, in: size, from: lists).hashes
            func accepts(
                _ hashes: [Digest],
                _ leaf: Digest = leaf,
                at index: Int = index,
                _ root: Digest = root
            ) -> Bool {
                InclusionProof.isValid(hashes, for: leaf, at: index, size: size, root: root)
            }
            var accepted = accepts(hashes) ? 0 : 1
            for bit in 0..<256 {
                if accepts(hashes, leaf.flipping(bit: bit)) { accepted += 1 }
                if accepts(hashes, leaf, root.flipping(bit: bit)) { accepted += 1 }
                for place in hashes.indices {
                    var damaged = hashes
                    damaged[place] = hashes[place].flipping(bit: bit)
                    if accepts(damaged) { accepted += 1 }
                }
            }
            for place in 0...hashes.count {
                for extra in [leaf, root, Digest(), hashes.last ?? leaf] {
                    var extended = hashes
                    extended.insert(extra, at: place)
                    if accepts(extended) { accepted += 1 }
                }
                if place < hashes.count {
                    var shortened = hashes
                    shortened.remove(at: place)
                    if accepts(shortened) { accepted += 1 }
                }
                if accepts(Array(hashes[..<place])), place < hashes.count { accepted += 1 }
            }
            for other in -2...size + 2 where other != index {
                if accepts(hashes, at: other) { accepted += 1 }
            }
            #expect(accepted == 0, "index \(index) of \(size)")
        }
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
