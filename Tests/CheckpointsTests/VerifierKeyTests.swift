import Cryptography
import StreamsTesting
import Testing

@testable import Checkpoints

@Suite struct VerifierKeyTests {
    @Test func readsAndWritesThePublishedKeys() throws {
        let keys = try Vectors.Notes.load().keys
        #expect(keys.count == 8)
        for vector in keys {
            guard vector.type == 1 else {
                // The key of a witness, which has another form of signature.
                #expect(throws: KeyError.unsupportedAlgorithm(vector.type)) {
                    try VerifierKey(parsing: vector.vkey)
                }
                continue
            }
            let key = try VerifierKey(parsing: vector.vkey)
            #expect(key.name == vector.name)
            #expect(key.keyID.hexadecimal == vector.keyIdHex)
            #expect(key.publicKey.bytes == (try Vectors.bytes(hex: vector.pubHex)))
            #expect(key.text == vector.vkey)
            #expect(try VerifierKey(name: key.name, publicKey: key.publicKey) == key)
        }
    }

    @Test func refusesTheKeysThatArePublishedAsBad() throws {
        let bad = try Vectors.Notes.load().vkeyBad
        #expect(bad.count == 68)
        for text in bad {
            #expect(throws: KeyError.self, "\(text)") { try VerifierKey(parsing: text) }
        }
    }

    /// Every proper substring of a key, and every key with one byte changed, is no key.
    @Test func refusesEveryPartAndEveryOneByteChange() throws {
        let text = Array(try Vectors.Notes.load().keys[0].vkey.utf8)
        var accepted = 0
        for start in text.indices {
            for end in start...text.count where end - start < text.count {
                let part = String(decoding: text[start..<end], as: UTF8.self)
                if (try? VerifierKey(parsing: part)) != nil { accepted += 1 }
            }
            for byte in UInt8.min...UInt8.max where byte != text[start] {
                var changed = text
                changed[start] = byte
                guard let other = String(validating: changed, as: UTF8.self) else { continue }
                if (try? VerifierKey(parsing: other)) != nil { accepted += 1 }
            }
        }
        #expect(accepted == 0)
    }

    @Test func refusesNamesThatNoNoteCanCarry() throws {
        let publicKey = try VerifierKey(parsing: TesseraLog.verifier).publicKey
        let long = String(repeating: "n", count: 1_025)
        for name in ["", " ", "a b", "a+b", "a\n", "a\u{7}", "a\u{2028}", long] {
            #expect(throws: KeyError.invalidName) {
                try VerifierKey(name: name, publicKey: publicKey)
            }
        }
        #expect(try VerifierKey(name: "é—/1", publicKey: publicKey).name == "é—/1")
    }

    /// Any text is answered; the key that reads is the one that was written.
    @Test func answersTwentyThousandMutations() throws {
        var random = SeededGenerator(seed: 20_000)
        let texts = [TesseraLog.verifier, TesseraLog.signer].map { Array($0.utf8) }
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = texts[round % 2]
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 30))
                case 2: bytes.insert(UInt8(ascii: "+"), at: place)
                default: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let key = try? VerifierKey(parsing: text) {
                accepted += 1
                #expect(key.text.utf8.elementsEqual(text.utf8))
            }
            if let key = try? SignerKey(parsing: text) {
                accepted += 1
                #expect(key.secretText.utf8.elementsEqual(text.utf8))
            }
        }
        #expect((4_000..<19_000).contains(accepted))
    }
}
