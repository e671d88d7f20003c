private import CSHA256

/// Which code computes SHA-256.
enum HashRoute: CaseIterable, Sendable {
    /// The SHA extensions of the processor; only where ``isAvailable`` says so.
    case processor
    /// libcrypto, on every processor.
    case libcrypto

    /// The faster of those that this processor can.
    @inline(__always)
    static var preferred: Self { csha256_supported() != 0 ? .processor : .libcrypto }

    var isAvailable: Bool { self == .libcrypto || csha256_supported() != 0 }
}
