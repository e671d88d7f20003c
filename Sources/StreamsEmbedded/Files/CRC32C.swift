private import CChecksums

/// The checksum CRC-32C (Castagnoli, RFC 3720): finds torn writes and flipped bits, not forgery.
package enum CRC32C {
    /// The checksum of `bytes`, going on from `checksum`, which begins as 0.
    package static func checksum(of bytes: Span<UInt8>, after checksum: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe cchecksums_crc32c(checksum, buffer.baseAddress, buffer.count)
        }
    }
}
