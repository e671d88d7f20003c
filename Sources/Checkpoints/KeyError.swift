/// Why a text or bytes are no key.
///
/// No case holds anything of a secret.
public enum KeyError: Error, Hashable, Sendable {
    /// Not of the form that such a key's text has.
    case malformed
    /// The name is empty, or has white space, a control character or a `+`.
    case invalidName
    /// The id in the text does not follow from the name and the key.
    case wrongKeyID
    /// The key is for an algorithm that is not known here; the number is its type byte.
    case unsupportedAlgorithm(UInt8)
    /// libcrypto refused the key.
    case unusable(reason: String)
}
