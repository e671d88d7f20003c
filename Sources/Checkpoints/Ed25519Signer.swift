private import Cryptography

/// Signs with a key in memory.
public struct Ed25519Signer: CheckpointSigner {
    private let key: SignerKey

    public init(_ key: SignerKey) {
        self.key = key
    }

    public var verifierKey: VerifierKey { key.verifierKey }

    public func sign(_ text: [UInt8]) async throws(SigningError) -> [UInt8] {
        do {
            return try key.privateKey.signature(of: text.span)
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }
}
