private import COpenSSL
private import CSHA256

/// The hash function SHA-256 (FIPS 180-4).
///
/// Runs on the SHA extensions of the processor where it has them, and on libcrypto elsewhere.
public enum SHA256 {
    /// Returns the digest of `message`.
    ///
    /// - Complexity: O(*n*), about 0.7 ns a byte and 20 ns a call on top with SHA extensions.
    public static func digest(of message: Span<UInt8>) -> Digest {
        digest(of: message, on: .preferred)
    }

    /// Returns the digest of `message`.
    public static func digest(of message: [UInt8]) -> Digest {
        digest(of: message.span)
    }

    static func digest(of message: Span<UInt8>, on route: HashRoute) -> Digest {
        switch route {
        case .processor:
            var digest = Digest()
            unsafe withUnsafeMutableBytes(of: &digest) { out in
                unsafe message.withUnsafeBytes { message in
                    guard let out = out.baseAddress else { return }
                    // An empty span may have no address; nothing is read from it.
                    unsafe csha256(message.baseAddress ?? UnsafeRawPointer(out), message.count, out)
                }
            }
            return digest
        case .libcrypto:
            var stream = Stream()
            stream.update(message)
            return stream.digest()
        }
    }
}

extension SHA256 {
    /// A digest that is computed piece by piece, over libcrypto.
    ///
    /// A value: a copy goes on by itself. It holds nothing that must be freed.
    public struct Stream: Sendable {
        private var context = SHA256_CTX()

        /// Begins with no bytes.
        public init() {
            // Fails for no input; libcrypto's answer is a leftover of its interface.
            _ = unsafe SHA256_Init(&context)
        }

        /// Takes the next bytes of the message.
        public mutating func update(_ bytes: Span<UInt8>) {
            unsafe bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress, bytes.count > 0 else { return }
                _ = unsafe SHA256_Update(&context, start, bytes.count)
            }
        }

        /// Returns the digest of all bytes taken so far; more may be taken afterwards.
        public func digest() -> Digest {
            var last = context
            var digest = Digest()
            unsafe withUnsafeMutableBytes(of: &digest) { out in
                _ = unsafe SHA256_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &last)
            }
            return digest
        }
    }
}
