import Cryptography
import Foundation
import StreamsTesting
import Testing

@testable import Checkpoints

@Suite struct SignedNoteTests {
    @Test func acceptsThePublishedNotesAndWritesThemAgain() throws {
        let notes = try Vectors.Notes.load()
        #expect(notes.positive.count == 5)
        for vector in notes.positive {
            let bytes = Array(vector.note.utf8)
            let note = try SignedNote(parsing: bytes)
            #expect(note.bytes == bytes, "\(vector.desc)")
            let keys = try vector.verify.map { try VerifierKey(parsing: $0) }
            let verification = try note.verify(with: keys)
            #expect(verification.verified.map(\.name) == keys.map(\.name))
            #expect(verification.unverified.isEmpty)
        }
    }

    @Test func signsThePublishedNotesByteForByte() async throws {
        var signed = 0
        for vector in try Vectors.Notes.load().positive {
            let key = try VerifierKey(parsing: vector.verify[0])
            let signerKey: SignerKey
            if let skey = vector.skey {
                signerKey = try SignerKey(parsing: skey)
            } else if let seed = vector.seedHex {
                signerKey = try SignerKey(name: key.name, seed: Vectors.bytes(hex: seed))
            } else {
                continue
            }
            #expect(signerKey.verifierKey == key)
            let bytes = Array(vector.note.utf8)
            let text = try SignedNote(parsing: bytes).text
            let signature = try await Ed25519Signer(signerKey).sign(text)
            let line = try #require(
                NoteSignature(name: key.name, keyID: key.keyID, bytes: signature)
            )
            #expect(try SignedNote(text: text, signatures: [line]).bytes == bytes)
            signed += 1
        }
        #expect(signed == 2)
    }

    @Test func trustsAsPublished() throws {
        let vectors = try Vectors.Notes.load().openSemantics
        #expect(vectors.count == 5)
        for vector in vectors {
            let note = try SignedNote(parsing: Array(vector.note.utf8))
            let keys = try vector.trust.map { try VerifierKey(parsing: $0) }
            switch vector.error {
            case nil:
                let verification = try note.verify(with: keys)
                if let names = vector.verified {
                    #expect(verification.verified.map(\.name) == names, "\(vector.desc)")
                }
                if let names = vector.unverified {
                    #expect(verification.unverified.map(\.name) == names, "\(vector.desc)")
                }
                if let count = vector.verifiedCount {
                    #expect(verification.verified.count == count, "\(vector.desc)")
                }
                if let count = vector.unverifiedCount {
                    #expect(verification.unverified.count == count, "\(vector.desc)")
                }
            case "no verifiable signatures":
                #expect(throws: NoteError.noTrustedSignature) { try note.verify(with: keys) }
            case let error? where error.starts(with: "invalid signature"):
                #expect(throws: NoteError.invalidSignature(name: "PeterNeumann")) {
                    try note.verify(with: keys)
                }
            case _?:
                #expect(throws: NoteError.ambiguousKey(name: "EnochRoot")) {
                    try note.verify(with: keys)
                }
            }
        }
    }

    @Test func refusesTheMalformedNotesThatArePublished() throws {
        let vectors = try Vectors.Notes.load().malformed
        #expect(vectors.count == 8)
        for vector in vectors {
            let bytes = vector.note.map { Array($0.utf8) } ?? Base64.decode(vector.noteB64 ?? "")
            let note = try #require(bytes)
            #expect(throws: NoteError.self, "\(vector.desc)") { try SignedNote(parsing: note) }
        }
    }

    /// Cosignatures are lines of keys that a log's reader need not know.
    @Test func passesOverCosignaturesOfUnknownKeys() async throws {
        struct Cosignatures: Decodable {
            struct Line: Decodable {
                let line: String
            }

            let positive, negativeLinesForSigsumBody: [Line]
        }
        let vectors = try Vectors.load("cosignatures-v1.json", as: Cosignatures.self)
        let signer = Ed25519Signer(try SignerKey.generate(name: "log.example"))
        let checkpoint = Checkpoint(origin: "log.example", size: 1, root: Digest())
        let signed = try await SignedCheckpoint.sign(checkpoint, with: signer)
        let lines = (vectors.positive + vectors.negativeLinesForSigsumBody).map(\.line)
        #expect(lines.count == 7)
        let bytes = signed.bytes + lines.flatMap { Array($0.utf8) }
        let note = try SignedNote(parsing: bytes)
        let verification = try note.verify(with: [signer.verifierKey])
        #expect(verification.verified.map(\.name) == ["log.example"])
        #expect(verification.unverified.count == 7)
        let again = try SignedCheckpoint(verifying: bytes, with: signer.verifierKey)
        #expect(again.checkpoint == checkpoint)
        #expect(again.bytes == bytes)
    }

    private func line(_ name: String = "name", _ bytes: [UInt8] = [1]) throws -> NoteSignature {
        try #require(NoteSignature(name: name, keyID: 7, bytes: bytes))
    }

    @Test func signsNothingThatCouldNotBeReadAgain() throws {
        let text = Array("abc\n".utf8)
        let line = try line()
        #expect(throws: NoteError.malformed) {
            try SignedNote(text: Array("abc".utf8), signatures: [line])
        }
        #expect(throws: NoteError.malformed) { try SignedNote(text: text, signatures: []) }
        #expect(throws: NoteError.notPlainText) {
            try SignedNote(text: Array("a\tb\n".utf8), signatures: [line])
        }
        #expect(throws: NoteError.notPlainText) {
            try SignedNote(text: [0xFF] + text, signatures: [line])
        }
        #expect(throws: NoteError.tooManySignatures) {
            try SignedNote(text: text, signatures: [NoteSignature](repeating: line, count: 101))
        }
        for name in ["a+b", "a b", "", "a\u{A0}b", "a\u{2003}b", "a\nb", "a\u{1}b"] {
            #expect(NoteSignature(name: name, keyID: 7, bytes: [1]) == nil)
        }
        #expect(NoteSignature(name: "name", keyID: 7, bytes: []) == nil)
    }

    @Test func keepsItsLimits() throws {
        let line = try line()
        let most = [NoteSignature](repeating: line, count: 100)
        let note = try SignedNote(text: Array("abc\n\n\n".utf8), signatures: most)
        #expect(try SignedNote(parsing: note.bytes) == note)

        let rest = SignedNote.byteLimit - note.bytes.count
        let long = try SignedNote(
            text: [UInt8](repeating: 0x61, count: rest) + note.text,
            signatures: most
        )
        #expect(long.bytes.count == SignedNote.byteLimit)
        #expect(try SignedNote(parsing: long.bytes) == long)
        let tooLong = NoteError.tooLong(byteCount: SignedNote.byteLimit + 1)
        #expect(throws: tooLong) { try SignedNote(parsing: [0x61] + long.bytes) }
        #expect(throws: tooLong) {
            try SignedNote(text: [0x61] + long.text, signatures: most)
        }
    }

    /// Every flipped bit, every truncation and every byte put behind a note is refused, or is no
    /// longer signed by the key, or stands in a part that the key does not sign.
    @Test func noDamagedNoteVerifies() throws {
        for vector in try Vectors.Notes.load().positive {
            let bytes = Array(vector.note.utf8)
            let keys = try vector.verify.map { try VerifierKey(parsing: $0) }
            func isTrusted(_ bytes: [UInt8]) -> Bool {
                guard let note = try? SignedNote(parsing: bytes),
                    let verification = try? note.verify(with: keys)
                else { return false }
                return verification.verified.count == keys.count
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
            for byte in UInt8.min...UInt8.max where isTrusted(bytes + [byte]) { accepted += 1 }
            #expect(accepted == 0, "\(vector.desc)")
        }
    }

    /// Any bytes are answered; what reads is written again as it was.
    @Test func answersTwentyThousandMutations() throws {
        var random = SeededGenerator(seed: 20_000)
        let notes = try Vectors.Notes.load().positive.map { Array($0.note.utf8) }
        let pieces = ["\n", "\n\n", "— ", " ", "=", "+", "\r", "\u{0}", "—", "é"].map {
            Array($0.utf8)
        }
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = notes[Int.random(in: 0..<notes.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0 where place < bytes.count:
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1 where place < bytes.count:
                    bytes.remove(at: place)
                case 2:
                    bytes.removeLast(min(bytes.count, Int.random(in: 0..<90, using: &random)))
                case 3:
                    bytes.insert(contentsOf: bytes.suffix(90), at: place)
                default:
                    let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
                    bytes.insert(contentsOf: piece, at: place)
                }
            }
            guard let note = try? SignedNote(parsing: bytes) else { continue }
            accepted += 1
            #expect(note.bytes == bytes)
            #expect((try? Checkpoint(parsing: note.text)).map { $0.text == note.text } != false)
        }
        #expect((100..<19_900).contains(accepted))
    }
}
