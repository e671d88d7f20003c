private import CLinux
import Glibc

/// An open file: reads and writes at given places, closed when the last reference goes.
///
/// Every call blocks, so it is made on a ``BlockingExecutor``. Calls may overlap; they touch no
/// shared position.
package final class File: Sendable {
    /// How to open it.
    package enum Mode: Sendable {
        case read
        /// Reads and writes what exists.
        case update
        /// Reads and writes, made if it is missing.
        case updateOrCreate
        /// Reads and writes what must not exist before.
        case create
    }

    package let path: String
    private let descriptor: Int32

    package init(_ path: String, _ mode: Mode) throws(FileError) {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .updateOrCreate: O_RDWR | O_CREAT
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        self.path = path
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw FileError(code: errno, operation: "open", path: path) }
        var status = stat()
        if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw FileError(.isDirectory, operation: "open", path: path)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The size in bytes.
    package var size: Int {
        get throws(FileError) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else {
                throw FileError(code: errno, operation: "size", path: path)
            }
            return Int(status.st_size)
        }
    }

    /// Appends up to `count` bytes from `offset` on to `bytes`.
    ///
    /// - Returns: How many there were; fewer than `count` only at the file's end.
    @discardableResult
    package func read(
        _ count: Int,
        at offset: Int,
        into bytes: inout [UInt8]
    ) throws(FileError) -> Int {
        var code: Int32 = 0
        let before = bytes.count
        bytes.append(addingCapacity: count) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                while initialized < count {
                    let got = unsafe pread(
                        descriptor,
                        buffer.baseAddress?.advanced(by: initialized),
                        count - initialized,
                        offset + initialized
                    )
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { code = errno }
                    if got <= 0 { return }
                    initialized += got
                }
            }
        }
        if code != 0 {
            throw FileError(code: code, operation: "read", path: path, offset: offset)
        }
        return bytes.count - before
    }

    /// Writes all of `bytes` from `offset` on.
    ///
    /// - Throws: ``FileError``, with any part of it written.
    package func write(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
        try write(bytes, bytes.extracting(first: 0), at: offset)
    }

    /// Writes all of `first`, and all of `second` behind it, from `offset` on, in one call.
    ///
    /// - Throws: ``FileError``, with any part of it written.
    package func write(
        _ first: Span<UInt8>,
        _ second: Span<UInt8>,
        at offset: Int
    ) throws(FileError) {
        var done = 0
        while done < first.count + second.count {
            let (head, tail) = (min(done, first.count), max(0, done - first.count))
            let wrote = unsafe first.extracting(head...).withUnsafeBufferPointer { head in
                unsafe second.extracting(tail...).withUnsafeBufferPointer { tail in
                    unsafe write(head, tail, at: offset + done)
                }
            }
            if wrote < 0, errno == EINTR { continue }
            // A write of nothing without an error is how some file systems say that they are full.
            guard wrote > 0 else {
                throw FileError(
                    code: wrote < 0 ? errno : ENOSPC,
                    operation: "write",
                    path: path,
                    offset: offset + done
                )
            }
            done += wrote
        }
    }

    private func write(
        _ first: UnsafeBufferPointer<UInt8>,
        _ second: UnsafeBufferPointer<UInt8>,
        at offset: Int
    ) -> Int {
        let parts = unsafe [first, second].map { part in
            unsafe iovec(
                iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress),
                iov_len: part.count
            )
        }
        return unsafe pwritev(descriptor, parts, Int32(parts.count), offset)
    }

    /// Returns when what was written is durable, with the size if it has grown.
    ///
    /// After a failure the file's state is unknown until it is opened again: the system may have
    /// forgotten what it could not write.
    package func syncData() throws(FileError) {
        while fdatasync(descriptor) != 0 {
            guard errno == EINTR else {
                throw FileError(code: errno, operation: "sync", path: path)
            }
        }
    }

    /// Cuts the file to `size` bytes.
    package func truncate(to size: Int) throws(FileError) {
        guard ftruncate(descriptor, size) == 0 else {
            throw FileError(code: errno, operation: "truncate", path: path, offset: size)
        }
    }

    /// Asks for space up to `size` bytes, without changing the file's size.
    ///
    /// A hint that makes later writes and syncs cheaper; where it cannot be had, they ask themselves.
    /// What is not used is given back by ``truncate(to:)``.
    package func reserve(upTo size: Int) {
        let keepsSize: Int32 = 1
        _ = fallocate(descriptor, keepsSize, 0, size)
    }

    /// Takes the file's exclusive advisory lock, which the kernel gives back when the process ends.
    ///
    /// - Returns: Whether it was free.
    func tryLock() throws(FileError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else {
            throw FileError(code: errno, operation: "lock", path: path)
        }
        return false
    }
}
