public import Cryptography

/// A text with signatures under it: C2SP signed-note.
///
///     <text: lines of UTF-8, each with its line feed>
///     <an empty line>
///     — <key name> <base64 of key id and signature>
///
/// What is signed is the text with its last line feed. The signatures are at the end, behind the
/// last empty line. A value that was parsed may come from anywhere: nothing in it is to be believed
/// before ``isSigned(by:)``.
public struct SignedNote: Hashable, Sendable {
    /// The most bytes of a note that is parsed.
    public static let byteLimit = 1 << 16
    /// The most lines of signatures.
    public static let signatureLimit = 100

    /// A line under the text.
    struct Signature: Hashable, Sendable {
        let name: String
        let keyID: UInt32
        let bytes: [UInt8]
    }

    /// The text with its last line feed.
    public let text: String
    let signatures: [Signature]
    /// The note as it is.
    public let bytes: [UInt8]

    /// Signs `text`, which ends in a line feed.
    ///
    /// - Parameters:
    ///   - text: Lines without control characters.
    ///   - signer: Makes the one signature.
    /// - Throws: What the signer throws.
    public init(signing text: String, by signer: some NoteSigner) throws(CryptographyError) {
        precondition(text.utf8.last == 10, "the text of a note ends in a line feed")
        let message = Array(text.utf8)
        let key = signer.verifierKey
        let signature = try signer.signature(of: message.span)
        var blob = (0..<4).map { UInt8(truncatingIfNeeded: key.id >> (24 - 8 * UInt32($0))) }
        blob += signature
        self.text = text
        signatures = [Signature(name: key.name, keyID: key.id, bytes: signature)]
        bytes = message + Array("\n\u{2014} \(key.name) \(Base64.encode(blob))\n".utf8)
    }

    /// Takes a note apart; `nil` for bytes that are none.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.byteLimit, bytes.last == 10,
            bytes.allSatisfy({ $0 >= 0x20 || $0 == 10 }),
            let whole = String(validating: bytes, as: UTF8.self),
            let split = Self.lastEmptyLine(bytes)
        else { return nil }
        text = String(decoding: bytes[..<split], as: UTF8.self)
        let lines = String(decoding: bytes[(split + 1)...], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard !text.isEmpty, !lines.isEmpty, lines.count <= Self.signatureLimit,
            whole.utf8.count == bytes.count
        else { return nil }
        var signatures: [Signature] = []
        for line in lines {
            guard let signature = Signature(line) else { return nil }
            signatures.append(signature)
        }
        self.signatures = signatures
        self.bytes = bytes
    }

    /// Where the second of the last two line feeds in a row stands.
    private static func lastEmptyLine(_ bytes: [UInt8]) -> Int? {
        var index = bytes.count - 1
        while index > 0 {
            if bytes[index] == 10, bytes[index - 1] == 10 { return index }
            index -= 1
        }
        return nil
    }

    /// Whether the note has a good signature of `key`, and none of it that is bad.
    ///
    /// Signatures of other keys are passed over. Of two of the same key the second is ignored.
    public func isSigned(by key: VerifierKey) -> Bool {
        let own = signatures.first { $0.name == key.name && $0.keyID == key.id }
        guard let own else { return false }
        let message = Array(text.utf8)
        do throws(CryptographyError) {
            return try key.publicKey.isValid(own.bytes.span, for: message.span)
        } catch {
            // What could not be checked is not signed.
            return false
        }
    }
}

extension SignedNote.Signature {
    fileprivate init?(_ line: Substring) {
        let start = "\u{2014} "
        guard line.hasPrefix(start) else { return nil }
        let parts = line.dropFirst(start.count).split(
            separator: " ",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, KeyName.isValid(String(parts[0])),
            let blob = Base64.decode(parts[1]), blob.count >= 5
        else { return nil }
        name = String(parts[0])
        keyID = blob.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(blob.dropFirst(4))
    }
}
