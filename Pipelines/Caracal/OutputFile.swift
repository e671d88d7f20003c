import CommandLineInterface
import Glibc
import StreamsEmbedded

/// Writes files that the user names.
enum OutputFile {
    /// Puts `bytes` into the file at `path`, in the place of what was there.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/cannotCreate`` if there can be no such file, with
    ///   ``ExitCode/ioError`` if it could not be written.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw cannotMake(path) }
        defer { close(descriptor) }
        try write(bytes, to: descriptor, path)
    }

    /// Makes a file that nobody else may read, durably and whole; one that exists stays as it is.
    ///
    /// The bytes go to a draft beside it, which gets the name once it is durable: a crash leaves
    /// nothing of that name. A draft that a crash has left is written over.
    ///
    /// - Throws: ``CommandError``, as ``write(_:to:)``, also if there is a file.
    static func createSecret(_ bytes: [UInt8], at path: String) throws(CommandError) {
        let draft = path + ".new"
        let descriptor = try openDraft(draft, of: path)
        defer { close(descriptor) }
        do throws(CommandError) {
            try write(bytes, to: descriptor, path)
            try rename(draft, to: path)
        } catch {
            unsafe unlink(draft)
            throw error
        }
        try creating { () throws(FileError) in try Folder.sync(Folder.parent(of: path)) }
    }

    /// An empty draft that belongs to this process alone.
    private static func openDraft(_ draft: String, of path: String) throws(CommandError) -> Int32 {
        if Folder.exists(path) { throw cannotMake(path, EEXIST) }
        for _ in 0..<2 {
            let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW
            let descriptor = unsafe open(draft, flags, 0o600)
            guard descriptor >= 0 else { throw cannotMake(path) }
            var status = stat()
            // Whoever makes the same file at this moment has the lock.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe fstat(descriptor, &status) == 0
            else {
                close(descriptor)
                break
            }
            if status.st_nlink == 1, fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 {
                return descriptor
            }
            // A draft that has got its name, too, is a file that must not be written again.
            if status.st_nlink > 1 { unsafe unlink(draft) }
            close(descriptor)
        }
        throw CommandError(
            "\(path): cannot be made: another process has \(draft)",
            exitCode: .cannotCreate
        )
    }

    /// Gives a file another name, which must be free.
    private static func rename(_ draft: String, to path: String) throws(CommandError) {
        // Unlike the system's rename, a link never takes the place of a file.
        if unsafe link(draft, path) == 0, unsafe unlink(draft) == 0 { return }
        let hasNoLinks = errno == EPERM || errno == EOPNOTSUPP
        guard hasNoLinks, !Folder.exists(path), unsafe Glibc.rename(draft, path) == 0 else {
            throw cannotMake(path)
        }
    }

    private static func write(
        _ bytes: [UInt8],
        to descriptor: Int32,
        _ path: String
    ) throws(CommandError) {
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

    private static func cannotMake(_ path: String, _ code: Int32 = errno) -> CommandError {
        CommandError("\(path): cannot be made: \(reason(code))", exitCode: .cannotCreate)
    }

    private static func reason(_ code: Int32 = errno) -> String {
        unsafe String(cString: strerror(code))
    }
}
