import Cryptography
import Testing

@testable import Merkle

@Suite struct ConsistencyProofTests {
    struct Probe: Decodable {
        let file, desc, root1, root2: String
        let size1, size2: UInt64
        let proof: [String]?
        let wantErr: Bool

        /// Whether everything is well-formed and the proof valid.
        var isAccepted: Bool {
            let hashes = (proof ?? []).map { Digest(base64: $0) }
            guard let old = Int(exactly: size1), let new = Int(exactly: size2),
                let oldRoot = Digest(base64: root1), let newRoot = Digest(base64: root2),
                hashes.allSatisfy({ $0 != nil })
            else { return false }
            return ConsistencyProof.isValid(
                hashes.compactMap(\.self),
                oldSize: old,
                oldRoot: oldRoot,
                newSize: new,
                newRoot: newRoot
            )
        }
    }

    struct Probes: Decodable {
        let cases: [Probe]
    }

    @Test func decidesEveryPublishedProbeAsPublished() throws {
        let probes = try Vectors.load("merkle-consistency-all.json", as: Probes.self).cases
        #expect(probes.count == 64)
        #expect(probes.count { !$0.wantErr } == 4)
        for probe in probes {
            #expect(probe.isAccepted == !probe.wantErr, "\(probe.file): \(probe.desc)")
        }
    }

    @Test func makesThePublishedProofsOfTheReferenceTree() throws {
        let tree = try RFC6962Tests.ReferenceTree.load()
        var lists = HashLists()
        lists.append(contentsOf: try tree.leafHashesHex.map(Vectors.digest))
        #expect(tree.consistency.count == 36)
        for published in tree.consistency {
            let (old, new) = (published.size1, published.size2)
            let proof = try ConsistencyProof(from: old, to: new, source: lists)
            #expect(proof.hashes == (try published.proofHex.map(Vectors.digest)))
            let oldRoot = try Vectors.digest(tree.rootsBySizeHex[old])
            let newRoot = try Vectors.digest(tree.rootsBySizeHex[new])
            #expect(proof.isValid(oldRoot: oldRoot, newRoot: newRoot))
        }
    }

    /// Every proof of every tree of up to 130 leaves, made from tile lists, is the one that the
    /// definition of RFC 6962 gives, and verifies.
    @Test(arguments: 1...130)
    func makesEveryProofOfEveryTree(size: Int) throws {
        let naive = NaiveTree(size: size)
        var lists = HashLists()
        lists.append(contentsOf: NaiveTree(size: size + size % 7).leaves)
        let root = naive.root(size: size)
        var wrong: [Int] = []
        for old in 1...size {
            let proof = try ConsistencyProof(from: old, to: size, source: lists)
            let oldRoot = naive.root(size: old)
            let isRight =
                proof.hashes == naive.subproof(old, 0..<size, known: true)
                && proof.hashes.count == ConsistencyProof.hashCount(oldSize: old, newSize: size)
                && proof.isValid(oldRoot: oldRoot, newRoot: root)
                && proof.isValidOrFromEmpty(oldRoot: oldRoot, newRoot: root)
            if !isRight { wrong.append(old) }
        }
        #expect(wrong.isEmpty)
    }

    /// A proof survives no flipped bit in a root or a hash, no hash taken away or added anywhere,
    /// no other old size, and no exchange of the roots.
    @Test(arguments: 2...16)
    func refusesEveryDamage(size: Int) throws {
        try expectNoDamageAccepted(NaiveTree(size: size))
    }

    @Test func refusesEveryDamageOfThePublishedProofs() throws {
        let tree = try RFC6962Tests.ReferenceTree.load()
        let leaves = try tree.leafHashesHex.map(Vectors.digest)
        for size in 2...8 { try expectNoDamageAccepted(NaiveTree(Array(leaves[..<size]))) }

        for probe in try Vectors.load("merkle-consistency-all.json", as: Probes.self).cases
        where !probe.wantErr && probe.size1 < probe.size2 {
            let hashes = (probe.proof ?? []).compactMap { Digest(base64: $0) }
            let old = (Int(probe.size1), try #require(Digest(base64: probe.root1)))
            let new = (Int(probe.size2), try #require(Digest(base64: probe.root2)))
            #expect(accepted(hashes, from: old, to: new) == 0, "\(probe.file)")
        }
    }

    private func expectNoDamageAccepted(_ naive: NaiveTree) throws {
        let size = naive.leaves.count
        var lists = HashLists()
        lists.append(contentsOf: naive.leaves)
        let new = (size, naive.root(size: size))
        for old in 1..<size {
            let hashes = try ConsistencyProof(from: old, to: size, source: lists).hashes
            let accepted = accepted(hashes, from: (old, naive.root(size: old)), to: new)
            #expect(accepted == 0, "\(old) to \(size)")
        }
    }

    /// How many damaged forms of a proof are accepted, one more if the proof itself is not.
    private func accepted(
        _ hashes: [Digest],
        from old: (size: Int, root: Digest),
        to new: (size: Int, root: Digest)
    ) -> Int {
        func accepts(
            _ hashes: [Digest],
            from size: Int,
            _ oldRoot: Digest,
            _ newRoot: Digest
        ) -> Bool {
            ConsistencyProof.isValid(
                hashes,
                oldSize: size,
                oldRoot: oldRoot,
                newSize: new.size,
                newRoot: newRoot
            )
        }
        var accepted = accepts(hashes, from: old.size, old.root, new.root) ? 0 : 1
        if accepts(hashes, from: old.size, new.root, old.root) { accepted += 1 }
        for root in Damage.bits(of: old.root) where accepts(hashes, from: old.size, root, new.root)
        {
            accepted += 1
        }
        for root in Damage.bits(of: new.root) where accepts(hashes, from: old.size, old.root, root)
        {
            accepted += 1
        }
        for damaged in Damage.all(of: hashes, strangers: [old.root, new.root])
        where accepts(damaged, from: old.size, old.root, new.root) {
            accepted += 1
        }
        for size in -2...new.size + 2
        where size != old.size && accepts(hashes, from: size, old.root, new.root) {
            accepted += 1
        }
        return accepted
    }

    /// Where another new size is accepted, the proof for it has the same shape; the size in the
    /// signed checkpoint decides between those.
    @Test func refusesEveryNewSizeThatAltersTheShape() throws {
        var (keepingShape, wrong) = (0, 0)
        for size in 2...32 {
            let naive = NaiveTree(size: size)
            var lists = HashLists()
            lists.append(contentsOf: naive.leaves)
            for old in 1..<size {
                let proof = try ConsistencyProof(from: old, to: size, source: lists)
                let (own, oldRoot) = (shape(old, size), naive.root(size: old))
                let root = naive.root(size: size)
                for other in 0...70 where other != size {
                    let accepted = ConsistencyProof.isValid(
                        proof.hashes,
                        oldSize: old,
                        oldRoot: oldRoot,
                        newSize: other,
                        newRoot: root
                    )
                    let isSameShape = shape(old, other) == own
                    if accepted != isSameShape { wrong += 1 }
                    if isSameShape { keepingShape += 1 }
                }
                #expect(wrong == 0, "\(old) to \(size)")
            }
        }
        #expect(keepingShape > 0)
    }

    /// The sides on which the hashes of a proof stand, from the bottom up, by the definition.
    private func shape(_ old: Int, _ size: Int) -> [Bool]? {
        guard old < size else { return nil }
        var range = 0..<size
        var sides: [Bool] = []
        while range.upperBound != old {
            let middle = range.lowerBound + NaiveTree.split(range.count)
            sides.append(old <= middle)
            range = old <= middle ? range.lowerBound..<middle : middle..<range.upperBound
        }
        return sides.reversed()
    }

    /// The three conventions in use for a proof from nothing: each question has its function.
    @Test func answersTheProofFromTheEmptyTreeByTheFunctionAsked() throws {
        let naive = NaiveTree(size: 5)
        let root = naive.root(size: 5)
        var lists = HashLists()
        lists.append(contentsOf: naive.leaves)
        let fromEmpty = try ConsistencyProof(from: 0, to: 5, source: lists)
        #expect(fromEmpty.hashes.isEmpty)
        #expect(!fromEmpty.isValid(oldRoot: RFC6962.emptyRoot, newRoot: root))
        #expect(fromEmpty.isValidOrFromEmpty(oldRoot: RFC6962.emptyRoot, newRoot: root))
        #expect(!fromEmpty.isValidOrFromEmpty(oldRoot: Digest(), newRoot: root))
        #expect(!fromEmpty.isValidOrFromEmpty(oldRoot: root, newRoot: root))
        #expect(ConsistencyProof(oldSize: 0, newSize: 5, hashes: [root]) == nil)

        let nothing = try ConsistencyProof(from: 0, to: 0, source: lists)
        #expect(nothing.isValid(oldRoot: RFC6962.emptyRoot, newRoot: RFC6962.emptyRoot))
        #expect(nothing.isValidOrFromEmpty(oldRoot: RFC6962.emptyRoot, newRoot: RFC6962.emptyRoot))
        #expect(!nothing.isValid(oldRoot: root, newRoot: root))
        #expect(!nothing.isValidOrFromEmpty(oldRoot: RFC6962.emptyRoot, newRoot: root))
    }

    @Test func answersEveryNumber() {
        let extremes = [Int.min, -1, 0, 1, 3, 1 << 62, Int.max - 1, Int.max]
        for old in extremes {
            for new in extremes {
                let grows = old >= 0 && old <= new
                #expect((ConsistencyProof.plan(oldSize: old, newSize: new) != nil) == grows)
                #expect((ConsistencyProof.hashCount(oldSize: old, newSize: new) != nil) == grows)
                for count in 0...65 {
                    let hashes = [Digest](repeating: Digest(), count: count)
                    let proof = ConsistencyProof(oldSize: old, newSize: new, hashes: hashes)
                    #expect(proof?.isValid(oldRoot: .leaf(0), newRoot: .leaf(1)) != true)
                }
            }
        }
        let published = [
            (6, 8, 3), (4, 8, 1), (6, 7, 3), (3_654_490, 961_984_011, 30),
            (20_852_014, 20_852_163, 18),
        ]
        for (old, new, count) in published {
            #expect(ConsistencyProof.hashCount(oldSize: old, newSize: new) == count)
        }
    }

    @Test func saysWhyThereIsNoProof() {
        #expect(throws: ProofError.sizesOutOfOrder(old: 3, new: 2)) {
            try ConsistencyProof(from: 3, to: 2, source: HashLists())
        }
        #expect(throws: ProofError.sizesOutOfOrder(old: -1, new: 2)) {
            try ConsistencyProof(from: -1, to: 2, source: HashLists())
        }
    }
}
