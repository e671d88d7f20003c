public import Cryptography

/// The private half of a key for signed notes, with its name.
///
/// As text: `PRIVATE+KEY+<name>+<hex key id>+<base64 of type and seed>`. It prints as its public
/// half, so that it gets into no log.
public struct SignerKey: Sendable {
    private let seed: [UInt8]
    private let privateKey: Ed25519.PrivateKey
    public let verifierKey: VerifierKey

    public var name: String { verifierKey.name }

    /// Makes a key of 32 random bytes.
    ///
    /// - Parameters:
    ///   - name: As ``KeyName/isValid(_:)`` takes it.
    ///   - seed: From the system's source of randomness.
    /// - Returns: `nil` for a name that no key can have.
    /// - Throws: ``CryptographyError``.
    public init?(name: String, seed: [UInt8]) throws(CryptographyError) {
        let privateKey = try Ed25519.PrivateKey(seed: seed.span)
        guard let key = VerifierKey(name: name, publicKey: privateKey.publicKey) else {
            return nil
        }
        self.seed = seed
        self.privateKey = privateKey
        verifierKey = key
    }

    /// Reads a signer key; `nil` for any other text, also if its key id is not the key's.
    public init?(_ text: String) {
        let prefix = "PRIVATE+KEY+"
        guard text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(
            separator: "+",
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, let id = VerifierKey.id(hex: parts[1]),
            let bytes = Base64.decode(parts[2]), bytes.first == VerifierKey.ed25519,
            bytes.count == 1 + Ed25519.seedByteCount
        else { return nil }
        do throws(CryptographyError) {
            try self.init(name: String(parts[0]), seed: Array(bytes.dropFirst()))
        } catch {
            return nil
        }
        guard verifierKey.id == id else { return nil }
    }

    /// The same key pair under another name: a log of its own.
    ///
    /// - Returns: `nil` for a name that no key can have.
    public func named(_ name: String) -> SignerKey? {
        guard let key = VerifierKey(name: name, publicKey: privateKey.publicKey) else {
            return nil
        }
        return SignerKey(seed: seed, privateKey: privateKey, verifierKey: key)
    }

    private init(seed: [UInt8], privateKey: Ed25519.PrivateKey, verifierKey: VerifierKey) {
        self.seed = seed
        self.privateKey = privateKey
        self.verifierKey = verifierKey
    }

    /// The key as text: what a key file holds.
    public func reveal() -> String {
        let bytes = Base64.encode([VerifierKey.ed25519] + seed)
        return "PRIVATE+KEY+\(name)+\(VerifierKey.hex(verifierKey.id))+\(bytes)"
    }
}

extension SignerKey: NoteSigner {
    public func signature(of message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
        try privateKey.signature(of: message)
    }
}

extension SignerKey: CustomStringConvertible, CustomReflectable {
    public var description: String { verifierKey.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Signs notes: a key in memory, or somebody who has one.
public protocol NoteSigner: Sendable {
    var verifierKey: VerifierKey { get }

    /// The 64 bytes of the signature.
    func signature(of message: Span<UInt8>) throws(CryptographyError) -> [UInt8]
}
