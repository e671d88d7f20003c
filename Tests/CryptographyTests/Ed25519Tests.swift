import Testing

@testable import Cryptography

@Suite struct Ed25519Tests {
    /// A test vector of RFC 8032, section 7.1, in hexadecimal.
    struct Vector: Sendable {
        let seed, publicKey, message, signature: [UInt8]

        init(_ seed: String, _ publicKey: String, _ message: String, _ signature: String) {
            self.seed = bytes(seed)
            self.publicKey = bytes(publicKey)
            self.message = bytes(message)
            self.signature = bytes(signature)
        }
    }

    static let vectors = [
        Vector(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            """
            e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
            5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
            """
        ),
        Vector(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            """
            92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
            085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
            """
        ),
        Vector(
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            """
            6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
            18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
            """
        ),
        Vector(
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            """
            ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
            2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
            """,
            """
            dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
            09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
            """
        ),
    ]

    @Test(arguments: vectors)
    func agreesWithThePublishedVectors(vector: Vector) throws {
        let key = try Ed25519.PrivateKey(seed: vector.seed.span)
        #expect(key.publicKey.bytes == vector.publicKey)
        #expect(try key.signature(of: vector.message.span) == vector.signature)
        let publicKey = try Ed25519.PublicKey(vector.publicKey)
        #expect(publicKey == key.publicKey)
        #expect(try publicKey.isValid(vector.signature.span, for: vector.message.span))
    }

    @Test func refusesEveryFlippedBitAndEveryOtherLength() throws {
        let vector = Self.vectors[2]
        let key = try Ed25519.PublicKey(vector.publicKey)
        for bit in 0..<512 {
            var signature = vector.signature
            signature[bit / 8] ^= 1 << (bit % 8)
            #expect(try !key.isValid(signature.span, for: vector.message.span))
        }
        for bit in 0..<16 {
            var message = vector.message
            message[bit / 8] ^= 1 << (bit % 8)
            #expect(try !key.isValid(vector.signature.span, for: message.span))
        }
        for count in 0..<64 {
            let short = Array(vector.signature[..<count])
            #expect(try !key.isValid(short.span, for: vector.message.span))
        }
        let long = vector.signature + [0]
        #expect(try !key.isValid(long.span, for: vector.message.span))
    }

    @Test func refusesKeysOfAnotherLength() {
        let short = [UInt8](repeating: 1, count: 31)
        let refused = CryptographyError.malformedKey(byteCount: 31, expected: 32)
        #expect(throws: refused) { try Ed25519.PublicKey(short) }
        #expect(throws: refused) { try Ed25519.PrivateKey(seed: short.span) }
    }

    @Test func oneKeyServesManyTasksAtOnce() async throws {
        let vector = Self.vectors[3]
        let key = try Ed25519.PrivateKey(seed: vector.seed.span)
        let agreed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    let signature = (try? key.signature(of: vector.message.span)) ?? []
                    let valid = try? key.publicKey.isValid(
                        signature.span,
                        for: vector.message.span
                    )
                    return signature == vector.signature && valid == true
                }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(agreed)
    }
}

/// The bytes of hexadecimal digits that are known to be right.
private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}
