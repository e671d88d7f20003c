public import Cryptography

/// The public half of a key for signed notes, with its name: what an auditor holds.
///
/// As text, a *vkey*: `<name>+<hex key id>+<base64 of type and public key>`. The type is 1, Ed25519.
public struct VerifierKey: Hashable, Sendable {
    static let ed25519: UInt8 = 1

    /// The key's name, which is the log's origin.
    public let name: String
    public let publicKey: Ed25519.PublicKey
    /// What notes call the key by, beside its name.
    public let id: UInt32

    /// Names a key.
    ///
    /// - Returns: `nil` for a name that no key can have.
    public init?(name: String, publicKey: Ed25519.PublicKey) {
        guard KeyName.isValid(name) else { return nil }
        self.name = name
        self.publicKey = publicKey
        id = Self.id(name: name, publicKey: publicKey)
    }

    /// Reads a vkey; `nil` for any other text, also if its key id is not the key's.
    public init?(_ text: String) {
        let parts = text.split(
            separator: "+",
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, let id = Self.id(hex: parts[1]),
            let bytes = Base64.decode(parts[2]), bytes.first == Self.ed25519
        else { return nil }
        do throws(CryptographyError) {
            let publicKey = try Ed25519.PublicKey(Array(bytes.dropFirst()))
            self.init(name: String(parts[0]), publicKey: publicKey)
        } catch {
            return nil
        }
        guard self.id == id else { return nil }
    }

    /// The key id of C2SP signed notes: four bytes of SHA-256 over name, line feed, type and key.
    static func id(name: String, publicKey: Ed25519.PublicKey) -> UInt32 {
        let message = Array(name.utf8) + [10, ed25519] + publicKey.bytes
        return UInt32(truncatingIfNeeded: SHA256.digest(of: message).prefix >> 32)
    }

    static func id(hex text: Substring) -> UInt32? {
        guard text.utf8.count == 8,
            text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return UInt32(text, radix: 16)
    }

    static func hex(_ id: UInt32) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension VerifierKey: CustomStringConvertible {
    /// The vkey.
    public var description: String {
        "\(name)+\(Self.hex(id))+\(Base64.encode([Self.ed25519] + publicKey.bytes))"
    }
}
