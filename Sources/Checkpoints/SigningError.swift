/// Why there is no signature.
public enum SigningError: Error, Hashable, Sendable {
    /// The signer could not be asked, or failed. Retriable.
    case unavailable(reason: String)
    /// The signer returned something that its own key does not verify; it is not published.
    case invalidSignature(name: String)
    /// The text or the key's name cannot stand in a note. Never retriable.
    case unsignable(NoteError)
}
