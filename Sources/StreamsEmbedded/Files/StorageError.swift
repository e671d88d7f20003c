/// Why files that this program keeps could not be opened, read or written.
public enum StorageError: Error, Equatable, Sendable {
    /// The file system refused.
    case file(FileError)
    /// Bytes are not those that were written; nothing was changed.
    case damaged(Damage)
    /// The folder has no format file, so it is not one of ours.
    case notAFolder(path: String)
    /// A later version of the program wrote the folder, or an earlier one whose files are read no
    /// more, if `found` is below `known`; nothing was changed.
    case newerVersion(path: String, found: Int, known: Int)
    /// Another process has the role; nothing was changed.
    case held(path: String, pid: Int)
    /// The log ends below what is known to have been durable; nothing was changed.
    case endsBelow(path: String, end: Int, required: Int)
    /// More bytes than are taken at once; nothing was written.
    case tooLarge(byteCount: Int, limit: Int)
    /// The log has no partition of this number.
    case noSuchPartition(Int)
    /// A write failed before: what is durable stays, and opening again goes on from there.
    case closed(path: String)
}

/// A place in a file whose bytes are not those that were written.
public struct Damage: Error, Equatable, Sendable {
    public let path: String
    /// In bytes from the file's start.
    public let offset: Int
    public let reason: String

    public init(path: String, offset: Int, reason: String) {
        self.path = path
        self.offset = offset
        self.reason = reason
    }
}

extension Damage: CustomStringConvertible {
    public var description: String { "\(path): damaged at byte \(offset): \(reason)" }
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error):
            error.description
        case .damaged(let damage):
            "\(damage); nothing was changed: restore the file from a backup"
        case .notAFolder(let path):
            "\(path): not a caracal folder; make one with 'caracal init'"
        case .newerVersion(let path, let found, let known):
            found < known
                ? "\(path): written by an older version (format \(found)) that is read no more"
                : "\(path): written by a newer version (format \(found), known up to \(known)); upgrade"
        case .held(let path, let pid):
            "\(path): held by process \(pid); wait for it or stop it, then try again"
        case .endsBelow(let path, let end, let required):
            "\(path): ends at \(end), but \(required) was durable; restore it from a backup"
        case .tooLarge(let byteCount, let limit):
            "\(byteCount) bytes are more than the \(limit) that are taken at once"
        case .noSuchPartition(let partition):
            "the log has no partition \(partition)"
        case .closed(let path):
            "\(path): closed after a failed write; start again, what was durable is kept"
        }
    }
}

extension StorageError {
    /// Runs `body`, and throws what the file system refused as an error of storage.
    package static func wrap<Result>(
        _ body: () throws(FileError) -> Result
    ) throws(StorageError) -> Result {
        do {
            return try body()
        } catch {
            throw .file(error)
        }
    }
}
