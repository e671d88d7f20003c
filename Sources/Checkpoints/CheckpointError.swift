/// Why bytes are no checkpoint, or one that is not to be trusted.
///
/// Trying again cannot help.
public enum CheckpointError: Error, Hashable, Sendable {
    /// The note is malformed, not signed by the key, or wrongly signed.
    case note(NoteError)
    /// The note's text is not the one form of a checkpoint.
    case malformed
    /// The checkpoint is of another log.
    case wrongOrigin(String, expected: String)
}
