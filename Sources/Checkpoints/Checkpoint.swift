public import Cryptography

/// The head of a log's tree, C2SP tlog-checkpoint: which log, how many entries, which root.
///
///     <origin>
///     <size in decimal>
///     <root in base64>
public struct Checkpoint: Hashable, Sendable {
    /// The log's name.
    public let origin: String
    /// The number of entries.
    public let size: Int
    public let root: Digest

    /// - Parameters:
    ///   - origin: A name that a key can have.
    ///   - size: Not negative.
    ///   - root: Of the tree of so many entries.
    public init(origin: String, size: Int, root: Digest) {
        precondition(size >= 0, "a tree has no negative size")
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a note; `nil` for any other text.
    ///
    /// Lines behind the third are extensions, which are not read; none of them is empty.
    public init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines.last == "",
            lines.dropLast().allSatisfy({ !$0.isEmpty }),
            let size = Self.number(lines[1]), let root = Digest(base64: lines[2])
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root)
    }

    /// Decimal digits without sign and leading zeros, below 2⁶³.
    static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != 48
        else { return nil }
        return Int(text)
    }

    /// The text that is signed.
    public var text: String { "\(origin)\n\(size)\n\(root.base64)\n" }

    /// Signs it.
    ///
    /// - Throws: What the signer throws.
    public func signed(by signer: some NoteSigner) throws(CryptographyError) -> SignedNote {
        try SignedNote(signing: text, by: signer)
    }

    /// Reads a note that `key` has signed, for its own log.
    ///
    /// - Parameters:
    ///   - note: Any bytes.
    ///   - key: The log's.
    /// - Throws: ``CheckpointError`` with the first thing that is wrong.
    public init(verifying note: [UInt8], by key: VerifierKey) throws(CheckpointError) {
        guard let note = SignedNote(note) else { throw .malformed }
        guard let checkpoint = Checkpoint(note.text) else { throw .malformed }
        guard checkpoint.origin == key.name else {
            throw .otherLog(checkpoint.origin, expected: key.name)
        }
        guard note.isSigned(by: key) else { throw .notSigned(by: key.name) }
        self = checkpoint
    }
}

/// Why bytes are no checkpoint of a log.
public enum CheckpointError: Error, Hashable, Sendable {
    /// They are no signed note with a checkpoint in it.
    case malformed
    /// It is another log's.
    case otherLog(String, expected: String)
    /// There is no good signature of the log's key.
    case notSigned(by: String)
}

extension CheckpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed: "is no signed checkpoint"
        case .otherLog(let origin, let expected):
            "is a checkpoint of the log '\(origin)', not of '\(expected)'"
        case .notSigned(let name): "has no good signature of the key '\(name)'"
        }
    }
}
