public import Cryptography
public import Merkle

/// The proof that an entry is in a log, for whoever holds the log's public key: C2SP tlog-proof.
///
///     c2sp.org/tlog-proof@v1
///     extra <base64>             (perhaps)
///     index <decimal>
///     <base64 hash>              (each of the path, from the leaf to the root)
///     <an empty line>
///     <the checkpoint with its signatures>
public struct Receipt: Hashable, Sendable {
    /// The most bytes of a receipt that is parsed.
    public static let byteLimit = 1 << 18
    private static let header = "c2sp.org/tlog-proof@v1"

    /// What the log's owner puts beside the proof, here the entry; nothing authenticates it.
    public let extra: [UInt8]?
    /// The place of the entry in the log.
    public let index: Int
    /// The path from the leaf to the root.
    public let hashes: [Digest]
    /// The signed checkpoint, as it is.
    public let note: [UInt8]

    /// - Parameters:
    ///   - proof: Of the entry in the tree of the checkpoint.
    ///   - extra: The entry, or `nil` to leave it out.
    ///   - note: The signed checkpoint.
    public init(_ proof: InclusionProof, extra: [UInt8]?, note: [UInt8]) {
        self.extra = extra
        index = proof.index
        hashes = proof.hashes
        self.note = note
    }

    /// Reads a receipt; `nil` for bytes that are none.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.byteLimit,
            let end = bytes.indices.dropFirst().first(where: {
                bytes[$0] == 10 && bytes[$0 - 1] == 10
            }),
            let head = String(validating: bytes[..<end], as: UTF8.self)
        else { return nil }
        var lines = head.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Substring(Self.header), lines.popLast() == "" else { return nil }
        var extra: [UInt8]?
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let decoded = Base64.decode(line.dropFirst("extra ".count)) else { return nil }
            extra = decoded
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "),
            let index = Checkpoint.number(line.dropFirst("index ".count)), lines.count <= 63
        else { return nil }
        var hashes: [Digest] = []
        for line in lines {
            guard let hash = Digest(base64: line) else { return nil }
            hashes.append(hash)
        }
        self.extra = extra
        self.index = index
        self.hashes = hashes
        note = Array(bytes[(end + 1)...])
    }

    /// The receipt as it is written to a file.
    public var bytes: [UInt8] {
        var text = Self.header + "\n"
        if let extra { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in hashes { text += hash.base64 + "\n" }
        return Array(text.utf8) + [10] + note
    }

    /// Checks that `entry` is in the log of `key`, and returns the checkpoint that says so.
    ///
    /// There is no way to check inclusion without the signed checkpoint.
    ///
    /// - Parameters:
    ///   - entry: The entry's bytes, from anywhere.
    ///   - key: The log's public key.
    /// - Returns: The checkpoint.
    /// - Throws: ``ReceiptError``.
    public func verify(_ entry: Span<UInt8>, by key: VerifierKey) throws(ReceiptError) -> Checkpoint
    {
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint(verifying: note, by: key)
        } catch {
            throw .checkpoint(error)
        }
        let isIncluded = InclusionProof.isValid(
            hashes,
            for: RFC6962.leafHash(entry),
            at: index,
            size: checkpoint.size,
            root: checkpoint.root
        )
        guard isIncluded else { throw .notIncluded(index: index, size: checkpoint.size) }
        return checkpoint
    }
}

/// Why a receipt does not prove what it should.
public enum ReceiptError: Error, Hashable, Sendable {
    /// Its checkpoint is none of the log.
    case checkpoint(CheckpointError)
    /// The entry is not at this index of the tree.
    case notIncluded(index: Int, size: Int)
}

extension ReceiptError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .checkpoint(let error): "the checkpoint \(error)"
        case .notIncluded(let index, let size):
            "the entry is not the one at index \(index) of the log of size \(size)"
        }
    }
}
