private import Cryptography

/// A signature line of a signed note: who signed, and the signature.
public struct NoteSignature: Hashable, Sendable {
    /// The name of the key.
    public let name: String
    /// The id of the key, which tells keys of the same name apart.
    public let keyID: UInt32
    /// What stands after the key's id; its form is the algorithm's matter.
    public let bytes: [UInt8]

    /// Returns `nil` if `name` cannot be a key's name, or if there are no bytes.
    public init?(name: String, keyID: UInt32, bytes: [UInt8]) {
        guard KeyName.isValid(name), !bytes.isEmpty else { return nil }
        self.name = name
        self.keyID = keyID
        self.bytes = bytes
    }

    /// The em dash and the space that every line begins with.
    private static let opening: [UInt8] = [0xE2, 0x80, 0x94, 0x20]

    /// Reads a line without its end.
    init?(line: ArraySlice<UInt8>) {
        guard line.starts(with: Self.opening) else { return nil }
        let rest = line.dropFirst(Self.opening.count)
        guard let space = rest.firstIndex(of: Lines.space),
            let name = Lines.plainText(rest[rest.startIndex..<space])
        else { return nil }
        let text = Array(rest[(space + 1)...])
        guard let blob = Base64.decode(text.span), blob.count > 4 else { return nil }
        let keyID = blob[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        self.init(name: name, keyID: keyID, bytes: Array(blob[4...]))
    }

    /// Appends the line with its end.
    func append(to note: inout [UInt8]) {
        note.append(contentsOf: Self.opening)
        note.append(contentsOf: name.utf8)
        note.append(Lines.space)
        let blob = keyID.bigEndianBytes + bytes
        Base64.append(blob.span, to: &note)
        note.append(Lines.newline)
    }
}

extension UInt32 {
    var bigEndianBytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }

    /// Eight hexadecimal digits, lower case.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}
