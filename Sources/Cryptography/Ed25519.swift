/// Signatures with Ed25519 (RFC 8032), without context or pre-hashing.
public enum Ed25519 {
    /// The number of bytes of the secret that a private key is derived from.
    public static let seedByteCount = 32
    /// The number of bytes of a public key.
    public static let publicKeyByteCount = 32
    /// The number of bytes of a signature.
    public static let signatureByteCount = 64

    /// A key that signs.
    ///
    /// Its bytes live in libcrypto, which wipes them with the last reference to the key.
    public final class PrivateKey: Sendable {
        /// The key that checks this one's signatures.
        public let publicKey: PublicKey
        private let handle: KeyHandle

        /// Derives the key from a seed, as RFC 8032, section 5.1.5 says.
        ///
        /// - Parameter seed: 32 random bytes, secret; wiping them afterwards is the caller's part.
        /// - Throws: ``CryptographyError/malformedKey(byteCount:expected:)`` for any other length.
        public init(seed: Span<UInt8>) throws(CryptographyError) {
            try CryptographyError.check(seed.count, is: seedByteCount)
            handle = try KeyHandle(seed: seed)
            publicKey = try PublicKey(handle.publicKey())
        }

        /// Returns the 64-byte signature of `message`: the same message, the same signature.
        public func signature(of message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
            try handle.signature(of: message)
        }
    }

    /// A key that checks signatures.
    ///
    /// libcrypto's form of it is made once, with the key, and shared by its copies.
    public struct PublicKey: Hashable, Sendable {
        /// The 32 bytes of RFC 8032, section 5.1.2.
        public let bytes: [UInt8]
        private let handle: KeyHandle

        /// Accepts any 32 bytes; those that are no point of the curve make every signature invalid.
        ///
        /// - Throws: ``CryptographyError/malformedKey(byteCount:expected:)`` for any other length.
        public init(_ bytes: [UInt8]) throws(CryptographyError) {
            try CryptographyError.check(bytes.count, is: publicKeyByteCount)
            self.bytes = bytes
            handle = try KeyHandle(publicKey: bytes)
        }

        /// Returns whether `signature`, of any length and content, is this key's for `message`.
        ///
        /// - Throws: ``CryptographyError/libraryFailure(code:reason:)``; nothing is known of the
        ///   signature then.
        public func isValid(
            _ signature: Span<UInt8>,
            for message: Span<UInt8>
        ) throws(CryptographyError) -> Bool {
            guard signature.count == signatureByteCount else { return false }
            return try handle.isValid(signature, for: message)
        }

        public static func == (lhs: Self, rhs: Self) -> Bool {
            lhs.bytes == rhs.bytes
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(bytes)
        }
    }
}
