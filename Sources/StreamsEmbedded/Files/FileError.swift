import Glibc

/// Why the file system refused, with the file and the place in it.
///
/// Nothing else has changed when it is thrown, except that a failed write may have left a torn tail.
public struct FileError: Error, Equatable, Sendable {
    /// What kind of refusal it was, so that a command can choose its exit code.
    public enum Kind: Equatable, Sendable {
        case notFound
        case alreadyExists
        case isDirectory
        case notADirectory
        case notPermitted
        /// The file system is mounted for reading only.
        case readOnly
        /// The disk, a quota or a limit on a file's size is reached.
        case diskFull
        /// A file has more bytes than are read of one of its kind.
        case tooLarge(limit: Int)
        /// Anything else: the system's number and its text.
        case io(code: Int32, text: String)
    }

    public let kind: Kind
    /// What was tried, such as "write".
    public let operation: String
    public let path: String
    /// The place in the file, in bytes from its start, where one is known.
    public let offset: Int?

    public init(_ kind: Kind, operation: String, path: String, offset: Int? = nil) {
        self.kind = kind
        self.operation = operation
        self.path = path
        self.offset = offset
    }

    /// Takes the system's error number `code`.
    init(code: Int32, operation: String, path: String, offset: Int? = nil) {
        self.init(Kind(code: code), operation: operation, path: path, offset: offset)
    }
}

extension FileError.Kind {
    fileprivate init(code: Int32) {
        self =
            switch code {
            case ENOENT: .notFound
            case EEXIST, ENOTEMPTY: .alreadyExists
            case EISDIR: .isDirectory
            case ENOTDIR: .notADirectory
            case EACCES, EPERM: .notPermitted
            case EROFS: .readOnly
            case ENOSPC, EFBIG, EDQUOT: .diskFull
            default: unsafe .io(code: code, text: String(cString: strerror(code)))
            }
    }
}

extension FileError: CustomStringConvertible {
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        let reason =
            switch kind {
            case .notFound: "no such file or folder"
            case .alreadyExists: "exists already"
            case .isDirectory: "is a folder, not a file"
            case .notADirectory: "is not a folder"
            case .notPermitted: "not permitted"
            case .readOnly: "the file system is read-only"
            case .diskFull: "no space left; make room and start again, nothing is lost"
            case .tooLarge(let limit): "has more than the \(limit) bytes that are read"
            case .io(let code, let text): "\(text) (\(code))"
            }
        return "\(path): \(operation) failed\(place): \(reason)"
    }
}
