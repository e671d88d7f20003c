private import Cryptography

/// Who signs checkpoints: a key in memory, or a service that keeps one.
public protocol CheckpointSigner: Sendable {
    /// The key that checks the signatures; the log's origin is its name.
    var verifierKey: VerifierKey { get }

    /// Returns the signature of a note's text, without the key's id.
    ///
    /// Signs whatever it is given: that two signed texts do not contradict each other is the
    /// caller's part.
    ///
    /// - Parameter text: The text with its last line feed.
    /// - Returns: The signature, in the form of the algorithm.
    /// - Throws: ``SigningError``; no signature exists then that anybody has seen.
    func sign(_ text: [UInt8]) async throws(SigningError) -> [UInt8]
}

/// Why there is no signature.
public enum SigningError: Error, Hashable, Sendable {
    /// The signer could not be asked, or failed. Retriable.
    case unavailable(reason: String)
    /// The signer returned something that its own key does not verify; it is not published.
    case invalidSignature(name: String)
    /// The text or the key's name cannot stand in a note. Never retriable.
    case unsignable(NoteError)
}

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

/// Never signs: stands in for a signer that is away.
public struct FailingSigner: CheckpointSigner {
    public let verifierKey: VerifierKey
    private let error: SigningError

    /// - Parameters:
    ///   - verifierKey: The key that it would sign for.
    ///   - error: What it always throws.
    public init(
        for verifierKey: VerifierKey,
        throwing error: SigningError = .unavailable(reason: "the signer is away")
    ) {
        self.verifierKey = verifierKey
        self.error = error
    }

    public func sign(_ text: [UInt8]) async throws(SigningError) -> [UInt8] {
        throw error
    }
}
