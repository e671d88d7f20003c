import Testing

@testable import Cryptography

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4, and RFC 6234's message of one million characters.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func agreesWithThePublishedDigests(message: String, digest: String) {
        #expect(SHA256.digest(of: Array(message.utf8)).description == digest)
    }

    /// The digest follows from the bytes alone: not from the pieces they came in, and not from
    /// digests that were taken on the way.
    @Test func streamsInAnyPiecesAndGoesOnAfterADigest() {
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for step in [1, 3, 63, 64, 65, 999, 1_000] {
            var stream = SHA256.Stream()
            var place = 0
            while place < message.count {
                let end = min(place + step, message.count)
                stream.update(message.span.extracting(place..<end))
                place = end
                let prefix = Array(message[..<end])
                #expect(stream.digest() == SHA256.digest(of: prefix), "step \(step), \(end) bytes")
            }
        }
    }

    @Test func copiesOfAStreamGoOnApart() {
        let (one, two): ([UInt8], [UInt8]) = ([1], [2])
        var stream = SHA256.Stream()
        var copy = stream
        stream.update(one.span)
        copy.update(two.span)
        #expect(stream.digest() == SHA256.digest(of: one))
        #expect(copy.digest() == SHA256.digest(of: two))
    }
}
