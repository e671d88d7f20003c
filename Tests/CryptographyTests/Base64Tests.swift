import Testing

@testable import Cryptography

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func agreesWithThePublishedTexts(bytes: String, text: String) {
        #expect(Base64.encode(Array(bytes.utf8)) == text)
        #expect(Base64.decode(text) == Array(bytes.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "==", "Zm9v=", "Zm9v====", "Zm 9v",
        "Zm9v\n",
        " Zm9v", "Zm-v", "Zm_v", "Zm9é", "Zg==Zg==", "Zm=v", "Z=9v", "=m9v",
        // Bits left over that are not zero.
        "Zh==", "Zm9=",
    ])
    func refusesWhatItWouldNotHaveWritten(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    /// Of all texts of four characters over an alphabet with every kind of character, exactly
    /// those decode that are written for some bytes.
    @Test func everyTextThatDecodesIsTheOneThatIsWritten() {
        let alphabet = Array("AZaz09+/=-\n".utf8)
        var accepted = 0
        for a in alphabet {
            for b in alphabet {
                for c in alphabet {
                    for d in alphabet {
                        let text = [a, b, c, d]
                        guard let bytes = Base64.decode(text.span) else { continue }
                        accepted += 1
                        #expect(Array(Base64.encode(bytes).utf8) == text)
                    }
                }
            }
        }
        #expect(accepted > 4_000)
    }

    @Test func givesBackEveryByteOfEveryLength() {
        for count in 0...130 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}
