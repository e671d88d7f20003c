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
        for old in 1...size {
            let proof = try ConsistencyProof(from: old, to: size, source: lists)
            #expect(proof.hashes == naive.subproof(old, 0..<size, known: true))
            #expect(
                proof.hashes.count == ConsistencyProof.hashCount(oldSize: old, newSize: size)
            )
            #expect(proof.isValid(oldRoot: naive.root(size: old), newRoot: root))
            #expect(proof.isValidOrFromEmpty(oldRoot: naive.root(size: old), newRoot: root))
        }
    }

    /// A proof survives no flipped bit in a root or a hash, no hash taken away or added anywhere,
    /// no other old size, and no exchange of the roots.
    @Test(arguments: 2...16)
    func refusesEveryDamage(size: Int) throws {
        let naive = NaiveTree(size: size)
        var lists = HashLists()
        lists.append(contentsOf: naive.leaves)
        let newRoot = naive.root(size: size)
        for old in 1..<size {
            let oldRoot = naive.root(size: old)
            let hashes = try ConsistencyProof(from: old, to: size, source: lists).hashes
            func accepts(
                _ hashes: [Digest],
                from old: Int = old,
                _ oldRoot: Digest = oldRoot,
                _ newRoot: Digest = newRoot
            ) -> Bool {
                ConsistencyProof.isValid(
                    hashes,
                    oldSize: old,
                    oldRoot: oldRoot,
                    newSize: size,
                    newRoot: newRoot
                )
            }
            var accepted = accepts(hashes) ? 0 : 1
            if accepts(hashes, newRoot, oldRoot) { accepted += 1 }
            for bit in 0..<256 {
                if accepts(hashes, oldRoot.flipping(bit: bit)) { accepted += 1 }
                if accepts(hashes, oldRoot, newRoot.flipping(bit: bit)) { accepted += 1 }
                for place in hashes.indices {
                    var damaged = hashes
                    damaged[place] = hashes[place].flipping(bit: bit)
                    if accepts(damaged) { accepted += 1 }
                }
            }
            for place in 0...hashes.count {
                for extra in [oldRoot, newRoot, Digest(), hashes.last ?? oldRoot] {
                    var extended = hashes
                    extended.insert(extra, at: place)
                    if accepts(extended) { accepted += 1 }
                }
                if place < hashes.count {
                    var shortened = hashes
                    shortened.remove(at: place)
                    if accepts(shortened) { accepted += 1 }
                    if accepts(Array(hashes[..<place])) { accepted += 1 }
                }
            }
            for other in -2...size + 2 where other != old {
                if accepts(hashes, from: other) { accepted += 1 }
            }
            #expect(accepted == 0, "\(old) to \(size)")
        }
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
