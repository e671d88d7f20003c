/// A checkpoint with the signature of its log, verified.
///
/// There is no way to one but by verifying or signing, so whoever holds one need not ask.
public struct SignedCheckpoint: Hashable, Sendable {
    /// What the log says.
    public let checkpoint: Checkpoint
    /// The whole note, with the signatures of others, as it was read or made.
    public let bytes: [UInt8]

    /// Reads and verifies a note.
    ///
    /// Signatures of other keys are kept and mean nothing here.
    ///
    /// - Parameters:
    ///   - bytes: Any bytes.
    ///   - key: The log's key.
    ///   - origin: The log's name where it is not its key's name.
    /// - Throws: ``CheckpointError``.
    public init(
        verifying bytes: [UInt8],
        with key: VerifierKey,
        origin: String? = nil
    ) throws(CheckpointError) {
        let note: SignedNote
        do throws(NoteError) {
            note = try SignedNote(parsing: bytes)
            _ = try note.verify(with: [key])
        } catch {
            throw .note(error)
        }
        let checkpoint = try Checkpoint(parsing: note.text)
        let expected = origin ?? key.name
        guard checkpoint.origin.utf8.elementsEqual(expected.utf8) else {
            throw .wrongOrigin(checkpoint.origin, expected: expected)
        }
        self.checkpoint = checkpoint
        self.bytes = bytes
    }

    /// Verifies a note, and returns what the log says in it.
    ///
    /// - Parameters:
    ///   - note: Any bytes.
    ///   - key: The log's key, whose name is the log's origin.
    /// - Returns: The checkpoint.
    /// - Throws: ``CheckpointError``.
    public static func verify(
        _ note: [UInt8],
        with key: VerifierKey
    ) throws(CheckpointError) -> Checkpoint {
        try Self(verifying: note, with: key).checkpoint
    }

    /// Signs a checkpoint, and verifies the signature before anybody sees it.
    ///
    /// That it extends every checkpoint signed before is the caller's part.
    ///
    /// - Parameters:
    ///   - checkpoint: Its origin is the name of the signer's key.
    ///   - signer: Is asked once.
    /// - Returns: A note with that one signature.
    /// - Throws: ``SigningError``; there is nothing to publish then.
    public static func sign(
        _ checkpoint: Checkpoint,
        with signer: some CheckpointSigner
    ) async throws(SigningError) -> Self {
        let key = signer.verifierKey
        let text = checkpoint.text
        let signature = try await signer.sign(text)
        do throws(NoteError) {
            guard try key.isValid(signature, for: text),
                let line = NoteSignature(name: key.name, keyID: key.keyID, bytes: signature)
            else { throw .invalidSignature(name: key.name) }
            let note = try SignedNote(text: text, signatures: [line])
            return Self(checkpoint: checkpoint, bytes: note.bytes)
        } catch {
            switch error {
            case .invalidSignature(let name): throw .invalidSignature(name: name)
            default: throw .unsignable(error)
            }
        }
    }

    private init(checkpoint: Checkpoint, bytes: [UInt8]) {
        self.checkpoint = checkpoint
        self.bytes = bytes
    }
}
