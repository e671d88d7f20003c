import CommandLineInterface

/// Bytes for people: as text where they are text, in hexadecimal digits where they are not.
func readable(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self),
        !text.unicodeScalars.contains(where: {
            $0.properties.generalCategory == .control && $0 != "\t"
        })
    {
        return text
    }
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// A name and its value, the values of several lines below each other.
func column(_ name: String, _ text: String) -> String {
    name + String(repeating: " ", count: max(1, 14 - name.count)) + text.onOneLine
}
