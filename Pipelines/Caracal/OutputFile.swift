import CommandLineInterface
import Glibc

/// Writes files that the user names.
enum OutputFile {
    /// Puts `bytes` into the file at `path`, in the place of what was there.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/cannotCreate`` if there can be no such file, with
    ///   ``ExitCode/ioError`` if it could not be written.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandError) {
        try write(bytes, to: path, flags: O_TRUNC, mode: 0o644)
    }

    /// Makes a file that nobody else may read, durably; one that exists stays as it is.
    ///
    /// - Throws: ``CommandError``, as ``write(_:to:)``, also if there is a file.
    static func createSecret(_ bytes: [UInt8], at path: String) throws(CommandError) {
        try write(bytes, to: path, flags: O_EXCL, mode: 0o600)
    }

    private static func write(
        _ bytes: [UInt8],
        to path: String,
        flags: Int32,
        mode: mode_t
    ) throws(CommandError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode)
        guard descriptor >= 0 else {
            throw CommandError("\(path): cannot be made: \(reason())", exitCode: .cannotCreate)
        }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: buffer[done...]).baseAddress,
                    bytes.count - done
                )
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw CommandError("\(path): cannot be written: \(reason())", exitCode: .ioError)
            }
            done += written
        }
        // Not every file can be synced: a terminal, a pipe.
        if fsync(descriptor) != 0, errno == EIO || errno == ENOSPC {
            throw CommandError("\(path): cannot be written: \(reason())", exitCode: .ioError)
        }
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}
