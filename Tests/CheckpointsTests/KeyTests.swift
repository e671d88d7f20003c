import Cryptography
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
}

@Suite struct SignerKeyTests {
    @Test func readsAndWritesThePublishedKeys() throws {
        let key = try SignerKey(parsing: TesseraLog.signer)
        #expect(key.secretText == TesseraLog.signer)
        #expect(key.verifierKey.text == TesseraLog.verifier)
        #expect(key.name == "example.com/log/testdata")
    }

    @Test func refusesEveryPartAndEveryOneByteChange() throws {
        let text = Array(TesseraLog.signer.utf8)
        var accepted = 0
        for place in text.indices {
            for part in [text[..<place], text[(place + 1)...]] {
                let text = String(decoding: part, as: UTF8.self)
                if (try? SignerKey(parsing: text)) != nil { accepted += 1 }
            }
            for byte in UInt8(0)..<128 where byte != text[place] {
                var changed = text
                changed[place] = byte
                let text = String(decoding: changed, as: UTF8.self)
                if (try? SignerKey(parsing: text)) != nil { accepted += 1 }
            }
        }
        #expect(accepted == 0)
        #expect(throws: KeyError.malformed) { try SignerKey(parsing: TesseraLog.signer + "\n") }
    }

    @Test func showsItsSecretNowhereElse() throws {
        let key = try SignerKey(parsing: TesseraLog.signer)
        var dumped = ""
        dump(key, to: &dumped)
        let secret = String(TesseraLog.signer.suffix(44))
        for text in [
            "\(key)", String(reflecting: key), dumped, "\([key])", "\(Ed25519Signer(key))",
        ] {
            #expect(!text.contains(secret))
            #expect(!text.contains("236, 166, 99"))
            #expect(text.contains("33d7b496"))
        }
    }

    @Test func makesNewKeysAndRenamesThem() throws {
        let key = try SignerKey.generate(name: "log.example/x")
        #expect(try SignerKey(parsing: key.secretText).verifierKey == key.verifierKey)
        #expect(try SignerKey.generate(name: "log.example/x").verifierKey != key.verifierKey)
        let renamed = try key.renamed("log.example/x/1")
        #expect(renamed.verifierKey.publicKey == key.verifierKey.publicKey)
        #expect(renamed.verifierKey.keyID != key.verifierKey.keyID)
        #expect(throws: KeyError.invalidName) { try SignerKey.generate(name: "a b") }
        #expect(throws: KeyError.unusable(reason: "malformedKey(byteCount: 31, expected: 32)")) {
            try SignerKey(name: "a", seed: [UInt8](repeating: 0, count: 31))
        }
    }
}
