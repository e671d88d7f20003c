import Cryptography
import Merkle
import Testing

@testable import Checkpoints

@Suite struct SignedCheckpointTests {
    /// A whole published log: its checkpoints, level-0 tiles and entry bundles at every size.
    @Test(arguments: 0...15)
    func signsThePublishedLogByteForByte(size: Int) async throws {
        let signer = Ed25519Signer(try SignerKey(parsing: TesseraLog.signer))
        let entries = TesseraLog.entries[..<size]
        let leaves = entries.map { RFC6962.leafHash($0) }
        let checkpoint = Checkpoint(
            origin: "example.com/log/testdata",
            size: size,
            root: RFC6962.root(of: leaves)
        )
        let published = try Vectors.bytes(of: "tessera/checkpoint.\(size)")
        let signed = try await SignedCheckpoint.sign(checkpoint, with: signer)
        #expect(signed.bytes == published)
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        #expect(try SignedCheckpoint.verify(published, with: key) == checkpoint)

        var bundle = EntryBundle()
        for entry in entries {
            let isAppended = bundle.append(entry.span)
            #expect(isAppended)
        }
        for tile in TileLayout(size: size).tiles(level: 0) {
            let hashes = try Vectors.bytes(of: "tessera/\(TilePath.tile(tile))")
            #expect(hashes == leaves.flatMap(\.bytes))
            #expect(bundle.bytes == (try Vectors.bytes(of: "tessera/\(TilePath.entries(tile))")))
        }
    }

    @Test func theLatestCheckpointIsTheOneOfTheWholeLog() throws {
        #expect(
            try Vectors.bytes(of: "tessera/checkpoint")
                == Vectors.bytes(of: "tessera/checkpoint.15")
        )
        struct State: Decodable {
            let size: Int
            let root: String
        }
        let state = try Vectors.load("tessera/.state/treeState", as: State.self)
        let leaves = TesseraLog.entries.map { RFC6962.leafHash($0) }
        #expect(state.size == leaves.count && state.root == RFC6962.root(of: leaves).base64)
    }

    /// No flipped bit, no truncation and nothing put behind it leaves a checkpoint verified.
    @Test func noDamagedCheckpointVerifies() throws {
        let key = try VerifierKey(parsing: TesseraLog.verifier)
        for size in 0...15 {
            let bytes = try Vectors.bytes(of: "tessera/checkpoint.\(size)")
            func isTrusted(_ bytes: [UInt8]) -> Bool {
                (try? SignedCheckpoint.verify(bytes, with: key)) != nil
            }
            var accepted = isTrusted(bytes) ? 0 : 1
            for place in bytes.indices {
                if isTrusted(Array(bytes[..<place])) { accepted += 1 }
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[place] ^= 1 << bit
                    if isTrusted(damaged) { accepted += 1 }
                }
            }
            if isTrusted(bytes + [Lines.newline]) { accepted += 1 }
            if isTrusted([Lines.newline] + bytes) { accepted += 1 }
            #expect(accepted == 0, "size \(size)")
        }
    }

    @Test func holdsTheLogToItsOrigin() async throws {
        let signer = Ed25519Signer(try SignerKey.generate(name: "log.example/a"))
        let other = Checkpoint(origin: "log.example/b", size: 1, root: Digest())
        let signed = try await SignedCheckpoint.sign(other, with: signer)
        let key = signer.verifierKey
        #expect(
            throws: CheckpointError.wrongOrigin("log.example/b", expected: "log.example/a")
        ) {
            try SignedCheckpoint(verifying: signed.bytes, with: key)
        }
        let known = try SignedCheckpoint(
            verifying: signed.bytes,
            with: key,
            origin: "log.example/b"
        )
        #expect(known == signed)

        // sum.golang.org signs under another name than its origin.
        let sum = try #require(
            try Vectors.Notes.load().positive.first { $0.note.contains("go.sum") }
        )
        let verified = try SignedCheckpoint(
            verifying: Array(sum.note.utf8),
            with: VerifierKey(parsing: sum.verify[0]),
            origin: "go.sum database tree"
        )
        #expect(verified.checkpoint.size == 35_225_469)
    }

    @Test func saysWhatIsWrongWithTheNote() throws {
        let bytes = try Vectors.bytes(of: "tessera/checkpoint.3")
        let stranger = try SignerKey.generate(name: "example.com/log/testdata").verifierKey
        #expect(throws: CheckpointError.note(.noTrustedSignature)) {
            try SignedCheckpoint.verify(bytes, with: stranger)
        }
        #expect(throws: CheckpointError.note(.malformed)) {
            try SignedCheckpoint.verify([], with: stranger)
        }
        let notes = try Vectors.Notes.load()
        #expect(throws: CheckpointError.malformed) {
            try SignedCheckpoint.verify(
                Array(notes.positive[0].note.utf8),
                with: VerifierKey(parsing: notes.positive[0].verify[0])
            )
        }
    }

    /// Signs like its inner signer, and flips a bit of the signature.
    private struct DamagingSigner: CheckpointSigner {
        let inner: Ed25519Signer
        var verifierKey: VerifierKey { inner.verifierKey }

        func sign(_ text: [UInt8]) async throws(SigningError) -> [UInt8] {
            var signature = try await inner.sign(text)
            signature[5] ^= 1
            return signature
        }
    }

    @Test func letsNoSignatureOutThatDoesNotVerify() async throws {
        let inner = Ed25519Signer(try SignerKey.generate(name: "log.example"))
        let checkpoint = Checkpoint(origin: "log.example", size: 1, root: Digest())
        await #expect(throws: SigningError.invalidSignature(name: "log.example")) {
            try await SignedCheckpoint.sign(checkpoint, with: DamagingSigner(inner: inner))
        }
        await #expect(throws: SigningError.unavailable(reason: "the signer is away")) {
            try await SignedCheckpoint.sign(checkpoint, with: FailingSigner(for: inner.verifierKey))
        }
    }
}
