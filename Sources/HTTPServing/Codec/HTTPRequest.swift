/// The head of a request, checked; its texts are made when they are asked for.
public struct HTTPRequest: Equatable, Sendable {
    /// What is to be done, in the registered methods' spelling; anything else is `other`.
    public enum Method: Equatable, Sendable {
        case get, head, post, put, patch, delete, options, trace, other
    }

    /// How the content that follows is framed.
    public enum Content: Equatable, Sendable {
        case none
        /// As many bytes; may be zero.
        case length(Int)
        case chunked
    }

    struct Field: Equatable, Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    public let method: Method
    /// The x of HTTP/1.x: 0 or 1.
    public let minorVersion: Int
    public let content: Content
    /// Whether the client would send another request on this connection.
    public let keepsConnection: Bool

    /// The head as it came, with its line ends; ranges point in here.
    let bytes: [UInt8]
    let target: Range<Int>
    let fields: [Field]

    /// The target up to its `?`, as it came: nothing is decoded; `/` or `*` at least.
    public var path: String {
        let path = bytes[target].prefix { $0 != UInt8(ascii: "?") }
        return path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    }

    /// What stands after the target's `?`, as it came.
    public var query: String? {
        guard let mark = bytes[target].firstIndex(of: UInt8(ascii: "?")) else { return nil }
        return String(decoding: bytes[(mark + 1)..<target.upperBound], as: UTF8.self)
    }

    /// The values of all fields of this name, in order, without white space around them.
    ///
    /// - Parameter name: In any case of letters.
    /// - Returns: Bytes that are not UTF-8 are replaced.
    public func values(of name: String) -> [String] {
        fields.filter { equalsIgnoringCase(bytes[$0.name], name) }
            .map { String(decoding: bytes[$0.value], as: UTF8.self) }
    }
}

private func equalsIgnoringCase(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
    bytes.elementsEqual(text.utf8) { lowercased($0) == lowercased($1) }
}

/// An ASCII letter in lower case, any other byte as it is.
func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
