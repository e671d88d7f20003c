public import Cryptography

/// A public key under a name, which checks the signatures of signed notes.
///
/// As text, `<name>+<key id: 8 hexadecimal digits>+<base64 of: type byte ‖ public key>`. The type
/// byte of Ed25519, the one algorithm so far, is 1.
public struct VerifierKey: Hashable, Sendable {
    static let ed25519: UInt8 = 1

    /// Who signs: for a log's key the log's origin.
    public let name: String
    /// The first four bytes of SHA-256(name ‖ line feed ‖ type byte ‖ public key).
    public let keyID: UInt32
    /// The key itself.
    public let publicKey: Ed25519.PublicKey

    /// - Throws: ``KeyError/invalidName``.
    public init(name: String, publicKey: Ed25519.PublicKey) throws(KeyError) {
        guard KeyName.isValid(name) else { throw .invalidName }
        self.name = name
        self.publicKey = publicKey
        keyID = Self.keyID(of: publicKey.bytes, name: name)
    }

    /// Reads the one text form of a key.
    ///
    /// - Parameter text: Any text.
    /// - Throws: ``KeyError`` for every other text.
    public init(parsing text: String) throws(KeyError) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "+"),
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, text.utf8.count <= KeyName.byteLimit + 64,
            let blob = Base64.decode(Substring(parts[2])), let type = blob.first
        else { throw .malformed }
        guard type == Self.ed25519 else { throw .unsupportedAlgorithm(type) }
        guard blob.count == 1 + Ed25519.publicKeyByteCount else { throw .malformed }
        let publicKey: Ed25519.PublicKey
        do throws(CryptographyError) {
            publicKey = try Ed25519.PublicKey(Array(blob[1...]))
        } catch {
            throw .unusable(reason: "\(error)")
        }
        try self.init(name: String(Substring(parts[0])), publicKey: publicKey)
        guard Substring(parts[1]) == keyID.hexadecimal else { throw .wrongKeyID }
        guard self.text.utf8.elementsEqual(text.utf8) else { throw .malformed }
    }

    /// The key as text.
    public var text: String {
        "\(name)+\(keyID.hexadecimal)+\(Base64.encode([Self.ed25519] + publicKey.bytes))"
    }

    /// Returns whether `signature` is this key's for `text`.
    ///
    /// - Parameters:
    ///   - signature: What stands after the key's id; any bytes.
    ///   - text: The text of a note, with its last line feed.
    /// - Returns: Whether it is; `false` for bytes that are no signature.
    /// - Throws: ``NoteError/unverifiable(reason:)`` when libcrypto fails.
    public func isValid(_ signature: [UInt8], for text: [UInt8]) throws(NoteError) -> Bool {
        do throws(CryptographyError) {
            return try publicKey.isValid(signature.span, for: text.span)
        } catch {
            throw .unverifiable(reason: "\(error)")
        }
    }

    func isNamed(like other: Self) -> Bool {
        keyID == other.keyID && name.utf8.elementsEqual(other.name.utf8)
    }

    func isNamed(by signature: NoteSignature) -> Bool {
        keyID == signature.keyID && name.utf8.elementsEqual(signature.name.utf8)
    }

    private static func keyID(of publicKey: [UInt8], name: String) -> UInt32 {
        let message = Array(name.utf8) + [Lines.newline, ed25519] + publicKey
        return UInt32(truncatingIfNeeded: SHA256.digest(of: message).prefix >> 32)
    }
}

extension VerifierKey: CustomStringConvertible {
    /// The key as text.
    public var description: String { text }
}
