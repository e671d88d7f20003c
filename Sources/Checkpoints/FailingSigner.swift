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
