public import Cryptography

/// A secret key under a name, which signs notes.
///
/// As text, `PRIVATE+KEY+<name>+<key id: 8 hexadecimal digits>+<base64 of: type byte ‖ seed>`.
/// Only ``secretText`` shows the secret: no description and no reflection does.
public struct SignerKey: Sendable {
    private static let opening = "PRIVATE+KEY+"

    /// The key that checks this one's signatures.
    public let verifierKey: VerifierKey
    /// The key itself.
    public let privateKey: Ed25519.PrivateKey
    private let seed: [UInt8]

    /// The same name as the verifier key's.
    public var name: String { verifierKey.name }

    /// - Parameters:
    ///   - name: Who signs: for a log's key the log's origin.
    ///   - seed: 32 random bytes, secret.
    /// - Throws: ``KeyError/invalidName``, or ``KeyError/unusable(reason:)`` for another number of
    ///   bytes.
    public init(name: String, seed: [UInt8]) throws(KeyError) {
        do throws(CryptographyError) {
            privateKey = try Ed25519.PrivateKey(seed: seed.span)
        } catch {
            throw .unusable(reason: "\(error)")
        }
        verifierKey = try VerifierKey(name: name, publicKey: privateKey.publicKey)
        self.seed = seed
    }

    /// Makes a new key.
    ///
    /// - Throws: ``KeyError/invalidName``, or ``KeyError/unusable(reason:)`` when the system has no
    ///   randomness to give.
    public static func generate(name: String) throws(KeyError) -> Self {
        let seed: [UInt8]
        do throws(CryptographyError) {
            seed = try RandomBytes.make(Ed25519.seedByteCount)
        } catch {
            throw .unusable(reason: "\(error)")
        }
        return try Self(name: name, seed: seed)
    }

    /// Reads the one text form of a key, without a line feed.
    ///
    /// - Parameter text: Any text.
    /// - Throws: ``KeyError`` for every other text.
    public init(parsing text: String) throws(KeyError) {
        guard text.utf8.starts(with: Self.opening.utf8),
            text.utf8.count <= KeyName.byteLimit + 64 + Self.opening.utf8.count
        else { throw .malformed }
        let parts = text.utf8.dropFirst(Self.opening.utf8.count).split(
            separator: UInt8(ascii: "+"),
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, let blob = Base64.decode(Substring(parts[2])),
            let type = blob.first
        else { throw .malformed }
        guard type == VerifierKey.ed25519 else { throw .unsupportedAlgorithm(type) }
        guard blob.count == 1 + Ed25519.seedByteCount else { throw .malformed }
        try self.init(name: String(Substring(parts[0])), seed: Array(blob[1...]))
        guard Substring(parts[1]) == verifierKey.keyID.hexadecimal else { throw .wrongKeyID }
        guard secretText.utf8.elementsEqual(text.utf8) else { throw .malformed }
    }

    /// The key as text, for its file only.
    public var secretText: String {
        let secret = Base64.encode([VerifierKey.ed25519] + seed)
        return "\(Self.opening)\(name)+\(verifierKey.keyID.hexadecimal)+\(secret)"
    }

    /// The same secret under another name: a key of its own for another log.
    ///
    /// - Throws: ``KeyError/invalidName``.
    public func renamed(_ name: String) throws(KeyError) -> Self {
        try Self(name: name, seed: seed)
    }
}

extension SignerKey: CustomStringConvertible, CustomReflectable {
    /// The name and id of the key, without the secret.
    public var description: String {
        "SignerKey(\(name)+\(verifierKey.keyID.hexadecimal), secret)"
    }

    /// Shows the public half only.
    public var customMirror: Mirror {
        Mirror(self, children: ["verifierKey": verifierKey])
    }
}
