import Cryptography
import Testing

@testable import Checkpoints

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
