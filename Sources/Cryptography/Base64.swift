/// Base64 as RFC 4648, section 4 has it: the standard alphabet, with padding.
///
/// Reading is strict: what decodes is exactly what ``encode(_:)`` would have written, so that
/// every value has one text. White space, missing padding and bits left over are refused.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let padding = UInt8(ascii: "=")
    private static let noDigit: UInt8 = 0xFF

    /// The value of each character, or `noDigit`.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: noDigit, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    /// Returns the text of `bytes`.
    public static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns the text of `bytes`.
    public static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes.span)
    }

    /// Appends the text of `bytes` to `text`.
    public static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        let alphabet = alphabet
        var place = 0
        while place < bytes.count {
            let rest = bytes.count - place
            let group =
                UInt32(bytes[place]) << 16
                | (rest > 1 ? UInt32(bytes[place + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[place + 2]) : 0)
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(rest > 1 ? alphabet[Int(group >> 6 & 63)] : padding)
            text.append(rest > 2 ? alphabet[Int(group & 63)] : padding)
            place += 3
        }
    }

    /// Returns the bytes that `text` stands for, or `nil` if it is not their one canonical text.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let text = Array(text.utf8)
        return decode(text.span)
    }

    /// Returns the bytes that `text`, in ASCII, stands for, or `nil` if it is not their one
    /// canonical text.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard !text.isEmpty else { return [] }
        let values = values
        var padded = 0
        if text[text.count - 1] == padding { padded = text[text.count - 2] == padding ? 2 : 1 }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        for place in 0..<text.count - padded {
            let value = values[Int(text[place])]
            guard value != noDigit else { return nil }
            group = group << 6 | UInt32(value)
            guard place % 4 == 3 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            group = 0
        }
        switch padded {
        case 1:
            guard group & 0b11 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        case 2:
            guard group & 0b1111 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        default:
            break
        }
        return bytes
    }
}
