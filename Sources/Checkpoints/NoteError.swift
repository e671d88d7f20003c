/// Why bytes are no signed note, or one that is not to be trusted.
///
/// Trying again cannot help.
public enum NoteError: Error, Hashable, Sendable {
    /// More bytes than ``SignedNote/byteLimit``.
    case tooLong(byteCount: Int)
    /// More signature lines than ``SignedNote/signatureLimit``.
    case tooManySignatures
    /// Not UTF-8, or a control character other than the line feed.
    case notPlainText
    /// No text that ends in a line feed, with a blank line and at least one signature after it.
    case malformed
    /// A line among the signatures is none.
    case malformedSignature(line: Int)
    /// A key has a name that no signature line can carry.
    case invalidKeyName
    /// Two of the keys that are trusted have the same name and id.
    case ambiguousKey(name: String)
    /// The signature of a trusted key is wrong, so the note as a whole is refused.
    case invalidSignature(name: String)
    /// No trusted key has signed.
    case noTrustedSignature
    /// libcrypto failed, so nothing is known of the signatures.
    case unverifiable(reason: String)
}
