import Cryptography
import Merkle
import Testing

@testable import Checkpoints

/// What is published for witnesses, as far as a log's own parts answer it: notes, checkpoints,
/// consistency proofs, signatures, keys.
@Suite struct WitnessVectorTests {
    struct Conversation: Decodable {
        struct Request: Decodable {
            let desc, body: String
            let status: Int
            let bodyEquals: String?
        }

        let logVkey: String
        let requests: [Request]
    }

    /// The least that a witness has to be: everything it decides is asked of ``SignedNote``,
    /// ``Checkpoint``, ``SignedCheckpoint`` and ``ConsistencyProof``.
    struct Witness {
        let key: VerifierKey
        var size = 0
        var root = RFC6962.emptyRoot

        mutating func answer(_ body: String) -> (status: Int, body: String?) {
            guard let blank = body.firstRange(of: "\n\n") else { return (400, nil) }
            let lines = body[..<blank.lowerBound].split(separator: "\n")
            let note = Array(body[blank.upperBound...].utf8)
            guard let first = lines.first, first.hasPrefix("old "),
                let old = Int(first.dropFirst(4)),
                let signed = try? SignedNote(parsing: note),
                let checkpoint = try? Checkpoint(parsing: signed.text), old <= checkpoint.size
            else { return (400, nil) }
            guard checkpoint.origin == key.name else { return (404, nil) }
            guard let verified = try? SignedCheckpoint.verify(note, with: key) else {
                return (403, nil)
            }
            guard old == size else { return (409, "\(size)\n") }
            let hashes = lines.dropFirst().compactMap { Digest(base64: $0) }
            let proof = ConsistencyProof(oldSize: old, newSize: verified.size, hashes: hashes)
            guard hashes.count == lines.count - 1,
                proof?.isValidOrFromEmpty(oldRoot: root, newRoot: verified.root) == true
            else { return (422, nil) }
            (size, root) = (verified.size, verified.root)
            return (200, nil)
        }
    }

    @Test func answersThePublishedRequestsToAWitness() throws {
        let vectors = try Vectors.load("witness-add-checkpoint.json", as: Conversation.self)
        #expect(vectors.requests.count == 11)
        var witness = Witness(key: try VerifierKey(parsing: vectors.logVkey))
        for request in vectors.requests {
            var body = request.body
            if request.desc == "invalid signature" {
                // Its base64 has bits behind its last byte, which Go's decoder passes over: to us
                // such a line is none. The signature that those bytes are is wrong all the same.
                #expect(witness.answer(body).status == 400)
                body = body.replacing("gx=\n", with: "gw=\n")
                #expect(body != request.body)
            }
            let answer = witness.answer(body)
            #expect(answer.status == request.status, "\(request.desc)")
            if let body = request.bodyEquals { #expect(answer.body == body, "\(request.desc)") }
        }
        #expect(witness.size == 5)
    }

    struct Cosignatures: Decodable {
        struct Positive: Decodable {
            let desc, line, vkey, signedMessage: String
            let note, body: String?
            let timestamp: UInt64
        }

        struct Line: Decodable {
            let desc, line: String
        }

        let positive: [Positive]
        let negativeLinesForSigsumBody: [Line]
    }

    /// The blob of a signature line: key id, seconds since 1970, signature.
    private func blob(_ line: String) throws -> [UInt8] {
        let text = try #require(line.dropLast().split(separator: " ").last)
        return try #require(Base64.decode(text))
    }

    @Test func readsCosignaturesAndTheirMessages() throws {
        let vectors = try Vectors.load("cosignatures-v1.json", as: Cosignatures.self)
        #expect(vectors.positive.count == 4)
        for vector in vectors.positive {
            // The type of such keys is 4: no key of a log, and refused as one.
            #expect(throws: KeyError.unsupportedAlgorithm(4)) {
                try VerifierKey(parsing: vector.vkey)
            }
            let parts = vector.vkey.split(separator: "+", maxSplits: 2)
            let key = try #require(Base64.decode(parts[2]))
            let blob = try blob(vector.line)
            #expect(blob.count == 4 + 8 + 64)
            let digits = blob[..<4].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            #expect(digits.joined() == parts[1])
            #expect(blob[4..<12].reduce(0) { $0 << 8 | UInt64($1) } == vector.timestamp)

            let checkpoint: [UInt8]
            if let note = vector.note {
                checkpoint = try SignedNote(parsing: Array(note.utf8)).text
            } else {
                checkpoint = Array(try #require(vector.body).utf8)
            }
            _ = try Checkpoint(parsing: checkpoint)
            let message =
                Array("cosignature/v1\ntime \(vector.timestamp)\n".utf8) + checkpoint
            #expect(message == Array(vector.signedMessage.utf8))
            let publicKey = try Ed25519.PublicKey(Array(key[1...]))
            let signature = Array(blob[12...])
            #expect(try publicKey.isValid(signature.span, for: message.span), "\(vector.desc)")
            for place in message.indices {
                var other = message
                other[place] ^= 1
                #expect(try !publicKey.isValid(signature.span, for: other.span))
            }
        }
    }

    struct Policies: Decodable {
        struct Policy: Decodable {
            let policy: String
        }

        let validVkeySyntax: [Policy]
        let errorsVkeySyntax: [Policy]
    }

    /// There is no policy in this package; the keys that one names are of the form of ours.
    @Test func readsTheKeysOfPublishedPolicies() throws {
        let vectors = try Vectors.load("witness-policy.json", as: Policies.self)
        #expect(vectors.validVkeySyntax.count == 1 && vectors.errorsVkeySyntax.count == 6)
        var names: Set<String> = []
        for policy in vectors.validVkeySyntax + vectors.errorsVkeySyntax {
            for line in policy.policy.split(separator: "\n") where line.hasPrefix("witness ") {
                let text = String(line.split(separator: " ")[2])
                let key = try VerifierKey(parsing: text)
                #expect(key.text == text)
                names.insert(key.name)
            }
        }
        #expect(names == ["sigsum.org", "example.com"])
    }
}
