private import CLinux
import Glibc

/// Numbers that nobody can foresee, from the system.
enum RandomSecret {
    /// Draws 64 bits.
    static func draw() throws(FileError) -> UInt64 {
        var secret: UInt64 = 0
        while true {
            let count = unsafe withUnsafeMutableBytes(of: &secret) { bytes in
                unsafe getrandom(bytes.baseAddress, bytes.count, 0)
            }
            // So few bytes come at once, or not at all.
            if count == MemoryLayout<UInt64>.size { return secret }
            guard count < 0, errno == EINTR else {
                throw FileError(code: errno, operation: "draw", path: "getrandom")
            }
        }
    }
}
