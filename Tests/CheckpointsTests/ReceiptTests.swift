import Cryptography
import Merkle
import StreamsTesting
import Testing

@testable import Checkpoints

@Suite struct ReceiptTests {
    struct Published: Decodable {
        struct Marshal: Decodable {
            let index: Int
            let hashes: [String]
            let checkpoint, text: String
            let extraB64: String?
        }

        struct Refused: Decodable {
            let desc, text: String
        }

        let marshal: [Marshal]
        let errors: [Refused]
    }

    @Test func readsAndWritesAndRefusesAsPublished() throws {
        let vectors = try Vectors.load("tlog-proof-parse.json", as: Published.self)
        #expect(vectors.marshal.count == 3)
        for vector in vectors.marshal {
            let receipt = try Receipt(parsing: Array(vector.text.utf8))
            #expect(receipt.index == vector.index)
            #expect(receipt.hashes.map(\.base64) == vector.hashes)
            #expect(receipt.extra == vector.extraB64.flatMap { Base64.decode($0) })
            #expect(receipt.checkpoint == Array(vector.checkpoint.utf8))
            #expect(receipt.bytes == Array(vector.text.utf8))
        }
        #expect(vectors.errors.count == 8)
        for vector in vectors.errors {
            #expect(throws: ReceiptError.self, "\(vector.desc)") {
                try Receipt(parsing: Array(vector.text.utf8))
            }
        }
    }

    /// Receipts of the published log, each for the last entry and for the first.
    private func receipts() throws -> [(receipt: Receipt, entry: [UInt8])] {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        return try (1...15).flatMap { size in
            var lists = HashLists()
            lists.append(contentsOf: TesseraLog.entries[..<size].map { RFC6962.leafHash($0) })
            let signed = try SignedCheckpoint(
                verifying: Vectors.bytes(of: "tessera/checkpoint.\(size)"),
                with: key
            )
            return try (0..<size).map { index in
                let entry = TesseraLog.entries[index]
                let proof = try InclusionProof(of: index, in: size, from: lists)
                let extra = index % 2 == 0 ? entry : nil
                return (Receipt(proof: proof, checkpoint: signed, extra: extra), entry)
            }
        }
    }

    @Test func everyEntryOfThePublishedLogIsProven() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        for (receipt, entry) in try receipts() {
            let read = try Receipt(parsing: receipt.bytes)
            #expect(read == receipt)
            let checkpoint = try read.verify(entry: entry, with: key).checkpoint
            #expect(checkpoint.origin == key.name)
            if let extra = read.extra { #expect(extra == entry) }
        }
    }

    /// No flipped bit and no truncation outside `extra` leaves a receipt that proves the entry,
    /// nor does any other entry or index.
    @Test func noDamagedReceiptProvesTheEntry() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        for (receipt, entry) in try receipts() where receipt.index % 4 == 1 {
            let bytes = receipt.bytes
            func proves(_ bytes: [UInt8], _ entry: [UInt8] = entry) -> Bool {
                guard let read = try? Receipt(parsing: bytes) else { return false }
                return (try? read.verify(entry: entry, with: key)) != nil
            }
            #expect(receipt.extra == nil)
            var accepted = proves(bytes) ? 0 : 1
            for place in bytes.indices {
                if proves(Array(bytes[..<place])) { accepted += 1 }
                var damaged = bytes
                damaged[place] ^= 1 << (place % 8)
                if proves(damaged) { accepted += 1 }
                damaged[place] = bytes[place] ^ 1
                if proves(damaged) { accepted += 1 }
            }
            if proves(bytes + [Lines.newline]) { accepted += 1 }
            if proves(bytes, entry + [0]) { accepted += 1 }
            if proves(bytes, []) { accepted += 1 }
            #expect(accepted == 0)
        }
    }

    /// The inclusion proof of leaf 0 looks the same in trees of 5 to 8 leaves.
    ///
    /// Nothing in it says which. The size that counts is the one that the log signed, so a receipt
    /// made over one of these trees cannot be carried to another.
    @Test func aSizeThatKeepsTheShapeIsBoundByTheSignedCheckpoint() async throws {
        let leaves = (0..<8).map { RFC6962.leafHash([UInt8($0)]) }
        var lists = HashLists()
        lists.append(contentsOf: leaves)
        let proof = try InclusionProof(of: 0, in: 6, from: lists)
        let root = RFC6962.root(of: Array(leaves[..<6]))
        for size in 5...8 {
            // By itself the proof accepts each of these sizes.
            #expect(
                InclusionProof.isValid(proof.hashes, for: leaves[0], at: 0, size: size, root: root)
            )
        }

        let signer = Ed25519Signer(try SignerKey.generate(name: "log.example"))
        for size in 1...8 {
            let checkpoint = Checkpoint(
                origin: "log.example",
                size: size,
                root: RFC6962.root(of: Array(leaves[..<size]))
            )
            let signed = try await SignedCheckpoint.sign(checkpoint, with: signer)
            let own = try InclusionProof(of: 0, in: size, from: lists)
            let text = Receipt(proof: own, checkpoint: signed).bytes
            let moved = String(decoding: text, as: UTF8.self).replacing(
                own.hashes.map { $0.base64 + "\n" }.joined(),
                with: proof.hashes.map { $0.base64 + "\n" }.joined()
            )
            guard size > 1 else { continue }
            let receipt = try Receipt(parsing: Array(moved.utf8))
            #expect(receipt.hashes == proof.hashes)
            let isProven = (try? receipt.verify(entry: [0], with: signer.verifierKey)) != nil
            #expect(isProven == (size == 6))

            // And the size in the checkpoint cannot be changed: its signature covers it.
            let resized = String(decoding: signed.bytes, as: UTF8.self)
                .replacing("\n\(size)\n", with: "\n\(size + 1)\n")
            #expect(throws: CheckpointError.note(.invalidSignature(name: "log.example"))) {
                try SignedCheckpoint.verify(Array(resized.utf8), with: signer.verifierKey)
            }
        }
    }

    @Test func saysWhyItProvesNothing() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        let (receipt, entry) = try receipts()[7]
        #expect(throws: ReceiptError.notIncluded) {
            try receipt.verify(entry: entry + [0], with: key)
        }
        let stranger = try SignerKey.generate(name: "other.example").verifierKey
        #expect(throws: ReceiptError.checkpoint(.note(.noTrustedSignature))) {
            try receipt.verify(entry: entry, with: stranger)
        }
    }

    @Test(arguments: [
        ("", 1), ("c2sp.org/tlog-proof@v1", 1), ("c2sp.org/tlog-proof@v2\n", 1),
        ("c2sp.org/tlog-proof@v1\n", 2), ("c2sp.org/tlog-proof@v1\nindex 01\n\nc\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nc\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex  1\n\nc\n", 2),
        ("c2sp.org/tlog-proof@v1\r\nindex 1\n\nc\n", 1),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 1\n\nc\n", 2),
        ("c2sp.org/tlog-proof@v1\nextra YQ==\nextra YQ==\nindex 1\n\nc\n", 3),
        ("c2sp.org/tlog-proof@v1\nindex 1\nextra YQ==\n\nc\n", 3),
        ("c2sp.org/tlog-proof@v1\nindex 1\n\n", 4), ("c2sp.org/tlog-proof@v1\nindex 1\n", 3),
    ])
    func saysInWhichLineItIsMalformed(text: String, line: Int) {
        #expect(throws: ReceiptError.malformed(line: line)) {
            try Receipt(parsing: Array(text.utf8))
        }
    }

    @Test func keepsItsLimits() throws {
        let hash = Digest().base64 + "\n"
        let start = "c2sp.org/tlog-proof@v1\nindex 1\n"
        let most = start + String(repeating: hash, count: 63) + "\nc\n"
        #expect(try Receipt(parsing: Array(most.utf8)).hashes.count == 63)
        let more = start + String(repeating: hash, count: 64) + "\nc\n"
        #expect(throws: ReceiptError.malformed(line: 66)) { try Receipt(parsing: Array(more.utf8)) }

        for (count, isTaken) in [(65_535, true), (65_536, false)] {
            let extra = Base64.encode([UInt8](repeating: 1, count: count))
            let text = "c2sp.org/tlog-proof@v1\nextra \(extra)\nindex 1\n\nc\n"
            let receipt = try? Receipt(parsing: Array(text.utf8))
            #expect(receipt?.extra?.count == (isTaken ? count : nil))
        }
        for (count, isTaken) in [(SignedNote.byteLimit, true), (SignedNote.byteLimit + 1, false)] {
            let note = start + "\n" + String(repeating: "c", count: count)
            #expect(((try? Receipt(parsing: Array(note.utf8))) != nil) == isTaken)
        }
    }

    /// The largest receipt that reads has exactly as many bytes as the limit promises, so whoever
    /// reads one more byte of a file than that has seen that it is none.
    @Test func itsLimitIsThatOfItsPartsTogether() throws {
        let extra = Base64.encode([UInt8](repeating: 1, count: Receipt.extraLimit))
        let hashes = String(repeating: Digest().base64 + "\n", count: Receipt.hashLimit)
        let start = "c2sp.org/tlog-proof@v1\nextra \(extra)\nindex \(Int.max)\n\(hashes)\n"
        let most = Array(start.utf8) + [UInt8](repeating: 0x63, count: SignedNote.byteLimit)
        #expect(most.count == Receipt.byteLimit)
        #expect(try Receipt(parsing: most).bytes == most)
        #expect(throws: ReceiptError.self) { try Receipt(parsing: most + [0x63]) }
    }

    /// In a receipt that carries its entry, every flipped bit is refused as well, if not as a
    /// damaged proof then because what it carries is no longer the entry.
    @Test func noFlippedBitProvesTheEntryThatIsCarried() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        let carrying = try receipts().filter { $0.receipt.extra != nil }
        for (receipt, _) in [carrying[0], carrying[20]] {
            let bytes = receipt.bytes
            func proves(_ bytes: [UInt8]) -> Bool {
                guard let read = try? Receipt(parsing: bytes), let entry = read.extra else {
                    return false
                }
                return (try? read.verify(entry: entry, with: key)) != nil
            }
            var accepted = proves(bytes) ? 0 : 1
            for place in bytes.indices {
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[place] ^= 1 << bit
                    if proves(damaged) { accepted += 1 }
                }
            }
            #expect(accepted == 0)
        }
    }

    /// Any bytes are answered; what reads is written again as it was, and proves no entry that is
    /// not in the log at that index.
    @Test func answersTwentyThousandMutations() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        var random = SeededGenerator(seed: 20_000)
        let receipts = try receipts().map { ($0.receipt.bytes, $0.entry) }
        var accepted = 0
        for _ in 0..<20_000 {
            let (whole, entry) = receipts[Int.random(in: 0..<receipts.count, using: &random)]
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.removeLast(min(bytes.count, Int.random(in: 0..<90, using: &random)))
                default: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                }
            }
            guard let receipt = try? Receipt(parsing: bytes) else { continue }
            accepted += 1
            #expect(receipt.bytes == bytes)
            guard (try? receipt.verify(entry: entry, with: key)) != nil else { continue }
            try #require(receipt.index < TesseraLog.entries.count)
            #expect(TesseraLog.entries[receipt.index] == entry)
        }
        #expect((100..<19_900).contains(accepted))
    }
}
