/// A text with signatures under it, in the form of C2SP signed-note.
///
///     <text: lines of UTF-8, no control characters, the last line ended too>
///     <blank line>
///     — <key name> <base64 of: key id, 4 bytes ‖ signature>
///     …
///
/// The text may have blank lines; the last one of the note parts it from the signatures. Signed is
/// the text with its last line feed. Every note has one form, and others are refused, so that
/// reading and writing gives back the same bytes.
public struct SignedNote: Hashable, Sendable {
    /// The most bytes of a note, of our choosing.
    ///
    /// Leaves room for ``signatureLimit`` lines of the longest signatures that cosigners make:
    /// those of ML-DSA-44 take over 3,200 characters each.
    public static let byteLimit = 1_048_576
    /// The most signature lines of a note, of our choosing; the specification wants at least 16.
    public static let signatureLimit = 100

    /// What is signed, with its last line feed.
    public let text: [UInt8]
    /// The signature lines in their order; at least one.
    public let signatures: [NoteSignature]

    /// Puts signatures under a text.
    ///
    /// - Throws: ``NoteError`` for what could not be read again.
    public init(text: [UInt8], signatures: [NoteSignature]) throws(NoteError) {
        guard text.last == Lines.newline, !signatures.isEmpty else { throw .malformed }
        try Self.check(text)
        guard signatures.count <= Self.signatureLimit else { throw .tooManySignatures }
        self.text = text
        self.signatures = signatures
        guard bytes.count <= Self.byteLimit else { throw .tooLong(byteCount: bytes.count) }
    }

    /// Reads a note; verifies nothing.
    ///
    /// - Parameter bytes: Any bytes.
    /// - Throws: ``NoteError`` for what is not the one form of a note.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.byteLimit else { throw .tooLong(byteCount: bytes.count) }
        try Self.check(bytes)
        guard let blank = Self.lastBlankLine(in: bytes), bytes.last == Lines.newline else {
            throw .malformed
        }
        var lines = Lines(bytes[(blank + 1)...])
        var signatures: [NoteSignature] = []
        while let line = lines.next() {
            guard signatures.count < Self.signatureLimit else { throw .tooManySignatures }
            guard let signature = NoteSignature(line: line) else {
                throw .malformedSignature(line: signatures.count + 1)
            }
            signatures.append(signature)
        }
        guard !signatures.isEmpty else { throw .malformed }
        text = Array(bytes[..<blank])
        self.signatures = signatures
    }

    /// The note as it is written.
    public var bytes: [UInt8] {
        var note = text
        note.append(Lines.newline)
        for signature in signatures { signature.append(to: &note) }
        return note
    }

    private static func check(_ bytes: [UInt8]) throws(NoteError) {
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == Lines.newline }),
            String(validating: bytes, as: UTF8.self) != nil
        else { throw .notPlainText }
    }

    /// The place of the line feed that is the last blank line.
    private static func lastBlankLine(in bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last {
            bytes[$0] == Lines.newline && bytes[$0 - 1] == Lines.newline
        }
    }
}

extension SignedNote {
    /// The signatures of a note, sorted by whether a trusted key has verified them.
    public struct Verification: Hashable, Sendable {
        /// By trusted keys, each once; at least one.
        public let verified: [NoteSignature]
        /// By keys that are not known, each line once.
        public let unverified: [NoteSignature]
    }

    /// Verifies the signatures of the keys that are known, and passes over those of others.
    ///
    /// - Parameter keys: The keys to trust.
    /// - Returns: Which signatures are whose.
    /// - Throws: ``NoteError/invalidSignature(name:)`` if a trusted key's signature is wrong, even
    ///   beside right ones of others; ``NoteError/noTrustedSignature`` if none is there;
    ///   ``NoteError/ambiguousKey(name:)`` if the keys cannot be told apart.
    public func verify(with keys: [VerifierKey]) throws(NoteError) -> Verification {
        for (place, key) in keys.enumerated()
        where keys[..<place].contains(where: key.isNamed(like:)) {
            throw .ambiguousKey(name: key.name)
        }
        var verified: [NoteSignature] = []
        var unverified: [NoteSignature] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.isNamed(by: signature) }) else {
                if !unverified.contains(signature) { unverified.append(signature) }
                continue
            }
            guard !verified.contains(where: { key.isNamed(by: $0) }) else { continue }
            guard try key.isValid(signature.bytes, for: text) else {
                throw .invalidSignature(name: key.name)
            }
            verified.append(signature)
        }
        guard !verified.isEmpty else { throw .noTrustedSignature }
        return Verification(verified: verified, unverified: unverified)
    }
}
