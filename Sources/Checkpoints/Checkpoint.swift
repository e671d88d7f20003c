public import Cryptography
private import Merkle

/// What a log says of its tree: C2SP tlog-checkpoint.
///
///     <origin>
///     <size, decimal>
///     <root, base64>
///     [<extension line>]…
///
/// Every line is ended by a line feed and none is empty. Reading is strict: what is read is what
/// would be written.
public struct Checkpoint: Hashable, Sendable {
    /// The log's name: not empty, one line.
    public let origin: String
    /// The number of leaves, not negative.
    public let size: Int
    /// The root of the tree of that size.
    public let root: Digest
    /// Lines that others have put under the root; we write none.
    public let extensionLines: [String]

    /// - Parameters:
    ///   - origin: The log's name: not empty, no control characters; every key's name will do.
    ///   - size: Not negative.
    ///   - root: For size 0 it is ``RFC6962/emptyRoot``.
    public init(origin: String, size: Int, root: Digest) {
        precondition(!origin.isEmpty && origin.utf8.allSatisfy { $0 >= 0x20 }, "not one line")
        precondition(size >= 0 && (size > 0 || root == RFC6962.emptyRoot), "no tree is like that")
        self.origin = origin
        self.size = size
        self.root = root
        extensionLines = []
    }

    /// Reads the text of a checkpoint, which says nothing of whether it is signed.
    ///
    /// - Parameter text: Any bytes.
    /// - Throws: ``CheckpointError/malformed``.
    public init(parsing text: [UInt8]) throws(CheckpointError) {
        var lines = Lines(text)
        guard let origin = lines.next().flatMap(Lines.plainText), !origin.isEmpty,
            let size = lines.next().flatMap(Lines.number),
            let rootText = lines.next().map(Array.init), let root = Digest(base64: rootText.span),
            size > 0 || root == RFC6962.emptyRoot
        else { throw .malformed }
        var extensionLines: [String] = []
        while let line = lines.next() {
            guard let line = Lines.plainText(line), !line.isEmpty else { throw .malformed }
            extensionLines.append(line)
        }
        guard lines.isAtEnd else { throw .malformed }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensionLines = extensionLines
    }

    /// The text of the note that a log signs.
    public var text: [UInt8] {
        let lines = [origin, String(size), root.base64] + extensionLines
        return lines.flatMap { Array($0.utf8) + [Lines.newline] }
    }
}
