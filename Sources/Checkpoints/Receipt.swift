public import Cryptography
public import Merkle

/// The proof that an entry stands in a log, for offline use: C2SP tlog-proof, version 1.
///
///     c2sp.org/tlog-proof@v1
///     [extra <base64>]
///     index <decimal>
///     <hash of the inclusion proof, base64>
///     …
///     <blank line>
///     <the signed checkpoint, verbatim>
///
/// Reading is strict: what is read is what would be written. Reading proves nothing;
/// ``verify(entry:with:)`` does, and it alone looks into the checkpoint.
public struct Receipt: Hashable, Sendable {
    /// The most bytes of `extra`, of our choosing: it is to hold an entry.
    public static let extraLimit = EntryBundle.entryLimit
    /// The most hashes that a proof has.
    public static let hashLimit = 63
    /// The most bytes of a receipt, as its parts are bounded: more need not be read of a file.
    public static let byteLimit =
        header.count + 1 + extraField.count + extraTextLimit + 1
        + indexField.count + 19 + 1
        + hashLimit * (Digest.base64Count + 1) + 1
        + SignedNote.byteLimit

    private static let extraTextLimit = (extraLimit + 2) / 3 * 4

    private static let header = Array("c2sp.org/tlog-proof@v1".utf8)
    private static let extraField = Array("extra ".utf8)
    private static let indexField = Array("index ".utf8)

    /// What the maker put in beside the proof, or `nil`.
    ///
    /// Nothing vouches for it, unless it is the entry and verified as such.
    public let extra: [UInt8]?
    /// The place of the entry in the log, counted from 0.
    public let index: Int
    /// The inclusion proof, from the leaf to the root.
    public let hashes: [Digest]
    /// The signed checkpoint as it was published.
    public let checkpoint: [UInt8]

    /// Makes a receipt.
    ///
    /// - Parameters:
    ///   - proof: For the size of the checkpoint.
    ///   - checkpoint: Signed by the log.
    ///   - extra: At most ``extraLimit`` bytes; none is the same as `nil`.
    public init(proof: InclusionProof, checkpoint: SignedCheckpoint, extra: [UInt8]? = nil) {
        precondition(proof.size == checkpoint.checkpoint.size, "the proof is for another tree")
        precondition((extra?.count ?? 0) <= Self.extraLimit, "too much beside the proof")
        self.extra = extra?.isEmpty == true ? nil : extra
        index = proof.index
        hashes = proof.hashes
        self.checkpoint = checkpoint.bytes
    }

    /// Reads a receipt; verifies nothing.
    ///
    /// - Parameter bytes: Any bytes.
    /// - Throws: ``ReceiptError/malformed(line:)``.
    public init(parsing bytes: [UInt8]) throws(ReceiptError) {
        var lines = Lines(bytes)
        var number = 0
        func next() throws(ReceiptError) -> ArraySlice<UInt8> {
            number += 1
            guard let line = lines.next() else { throw .malformed(line: number) }
            return line
        }

        guard try next() == Self.header[...] else { throw .malformed(line: number) }
        var line = try next()
        var extra: [UInt8]?
        if line.starts(with: Self.extraField) {
            let text = Array(line.dropFirst(Self.extraField.count))
            guard text.count <= Self.extraTextLimit, let value = Base64.decode(text.span),
                !value.isEmpty
            else { throw .malformed(line: number) }
            extra = value
            line = try next()
        }
        guard line.starts(with: Self.indexField),
            let index = Lines.number(line.dropFirst(Self.indexField.count))
        else { throw .malformed(line: number) }

        var hashes: [Digest] = []
        line = try next()
        while !line.isEmpty {
            let text = Array(line)
            guard hashes.count < Self.hashLimit, let hash = Digest(base64: text.span) else {
                throw .malformed(line: number)
            }
            hashes.append(hash)
            line = try next()
        }
        guard (1...SignedNote.byteLimit).contains(lines.rest.count) else {
            throw .malformed(line: number + 1)
        }
        self.extra = extra
        self.index = index
        self.hashes = hashes
        checkpoint = Array(lines.rest)
    }

    /// The receipt as it is written.
    public var bytes: [UInt8] {
        var text = Self.header + [Lines.newline]
        if let extra {
            text += Self.extraField
            Base64.append(extra.span, to: &text)
            text.append(Lines.newline)
        }
        text += Self.indexField + Array(String(index).utf8) + [Lines.newline]
        for hash in hashes {
            hash.withBytes { Base64.append($0, to: &text) }
            text.append(Lines.newline)
        }
        text.append(Lines.newline)
        return text + checkpoint
    }

    /// Verifies that the log has signed a tree with this entry at ``index``.
    ///
    /// The size comes from the signed checkpoint and from nowhere else.
    ///
    /// - Parameters:
    ///   - entry: The bytes of the entry.
    ///   - key: The log's key, whose name is the log's origin.
    /// - Returns: The log's checkpoint.
    /// - Throws: ``ReceiptError/checkpoint(_:)`` if the checkpoint is not the log's,
    ///   ``ReceiptError/notIncluded`` if the proof does not lead from the entry to its root.
    public func verify(
        entry: [UInt8],
        with key: VerifierKey
    ) throws(ReceiptError) -> SignedCheckpoint {
        let signed: SignedCheckpoint
        do throws(CheckpointError) {
            signed = try SignedCheckpoint(verifying: checkpoint, with: key)
        } catch {
            throw .checkpoint(error)
        }
        let isIncluded = InclusionProof.isValid(
            hashes,
            for: RFC6962.leafHash(entry),
            at: index,
            size: signed.checkpoint.size,
            root: signed.checkpoint.root
        )
        guard isIncluded else { throw .notIncluded }
        return signed
    }
}
