private import COpenSSL

/// Returns whether `lhs` and `rhs` hold the same bytes, in a time that depends on their lengths only.
///
/// For secrets and for what is derived from them; that the lengths differ is told at once.
public func constantTimeEquals(_ lhs: Span<UInt8>, _ rhs: Span<UInt8>) -> Bool {
    guard lhs.count == rhs.count, !lhs.isEmpty else { return lhs.count == rhs.count }
    return unsafe lhs.withUnsafeBytes { lhs in
        unsafe rhs.withUnsafeBytes { rhs in
            unsafe CRYPTO_memcmp(lhs.baseAddress, rhs.baseAddress, lhs.count) == 0
        }
    }
}
