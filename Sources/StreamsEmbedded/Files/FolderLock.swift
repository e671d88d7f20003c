import Glibc
import Synchronization

/// A role in a folder that one process at a time may have.
///
/// It is the advisory lock of the file `<role>.lock`, which names the holder's process. The kernel
/// gives it back when the process ends, however it ends; until then it lasts as long as the value.
package final class FolderLock: Sendable {
    private let file: Mutex<File?>

    /// Takes the role.
    ///
    /// - Throws: ``StorageError/held(path:pid:)`` with the holder's process, 0 if it is not known yet.
    package init(folder: String, role: String) throws(StorageError) {
        let path = "\(folder)/\(role).lock"
        let file = try StorageError.wrap { () throws(FileError) in
            try File(path, .updateOrCreate)
        }
        let pid = try StorageError.wrap { () throws(FileError) -> Int? in
            guard try file.tryLock() else { return try Self.holder(in: file) }
            try file.truncate(to: 0)
            let line = Array("\(getpid())\n".utf8)
            try file.write(line.span, at: 0)
            return nil
        }
        if let pid { throw .held(path: path, pid: pid) }
        self.file = Mutex(file)
    }

    deinit {
        release()
    }

    /// Gives the role back; again changes nothing.
    package func release() {
        file.withLock { $0 = nil }
    }

    private static func holder(in file: File) throws(FileError) -> Int {
        var bytes: [UInt8] = []
        try file.read(32, at: 0, into: &bytes)
        return Int(String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)) ?? 0
    }
}
