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
