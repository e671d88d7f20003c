private import COpenSSL

/// Why a key could not be made or used.
public enum CryptographyError: Error, Hashable, Sendable {
    /// A key of the wrong length. Never retriable.
    case malformedKey(byteCount: Int, expected: Int)
    /// libcrypto refused, for want of memory or of the algorithm; code and reason are its own.
    case libraryFailure(code: UInt, reason: String)

    /// Takes the oldest error from this thread's queue and empties the queue.
    ///
    /// To be called right after the C call that failed: another call may add to the queue, and
    /// after an `await` the thread may be another one.
    static func takeFromLibrary() -> Self {
        let code = ERR_get_error()
        ERR_clear_error()
        let reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
        return .libraryFailure(code: code, reason: reason ?? "unknown")
    }

    static func check(_ byteCount: Int, is expected: Int) throws(CryptographyError) {
        if byteCount != expected {
            throw .malformedKey(byteCount: byteCount, expected: expected)
        }
    }
}
