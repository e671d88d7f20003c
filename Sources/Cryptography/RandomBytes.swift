private import COpenSSL

/// Random bytes from the operating system, fit for secrets.
public enum RandomBytes {
    /// Fills all of `bytes`.
    ///
    /// - Throws: ``CryptographyError/libraryFailure(code:reason:)`` when the system has no
    ///   randomness to give; what `bytes` holds then must not be used.
    public static func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptographyError) {
        let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            unsafe RAND_bytes(bytes.baseAddress, Int32(bytes.count))
        }
        if status != 1 { throw .takeFromLibrary() }
    }

    /// Returns `count` random bytes.
    ///
    /// - Throws: ``CryptographyError/libraryFailure(code:reason:)`` when the system has no
    ///   randomness to give.
    public static func make(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        try fill(&span)
        return bytes
    }
}
