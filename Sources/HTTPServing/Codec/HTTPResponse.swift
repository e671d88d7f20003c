/// An answer, whole: what is sent is short and held in memory.
public struct HTTPResponse: Equatable, Sendable {
    public var status: HTTPStatus
    public var content: [UInt8]
    private var fields: [(name: String, value: String)] = []

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: Of 204 and 304 no content is sent.
    ///   - type: The media type of the content.
    ///   - content: Sent as it is; of an answer to HEAD only its length.
    public init(
        _ status: HTTPStatus,
        type: StaticString = "text/plain; charset=utf-8",
        content: [UInt8] = []
    ) {
        self.status = status
        self.content = content
        add("Content-Type", "\(type)")
    }

    /// An answer that says its status in words.
    public init(_ status: HTTPStatus) {
        self.init(status, content: Array("\(status.code) \(status.reason)\n".utf8))
    }

    /// Adds a field.
    ///
    /// - Parameters:
    ///   - name: A token; not one that frames the message: those are the server's.
    ///   - value: Control characters in it become spaces, so that it stays one line.
    public mutating func add(_ name: StaticString, _ value: String) {
        let name = "\(name)"
        precondition(!name.isEmpty && name.utf8.allSatisfy(isToken), "not a field's name: \(name)")
        precondition(
            !["content-length", "transfer-encoding", "connection"].contains(name.lowercased()),
            "\(name) is the server's"
        )
        fields.append((name, value))
    }

    /// Appends the message to `output`.
    ///
    /// - Parameters:
    ///   - output: Unsent bytes of earlier answers may stand in it.
    ///   - omitsContent: For an answer to HEAD.
    ///   - connection: What the field of that name says, if it is sent.
    func write(to output: inout [UInt8], omitsContent: Bool, connection: String?) {
        output += "HTTP/1.1 \(status.code) \(status.reason)\r\n".utf8
        for (name, value) in fields where name != "Content-Type" || !status.hasNoContent {
            output += "\(name): ".utf8
            output += value.utf8.map { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F ? 0x20 : $0 }
            output += [0x0D, 0x0A]
        }
        if !status.hasNoContent { output += "Content-Length: \(content.count)\r\n".utf8 }
        if let connection { output += "Connection: \(connection)\r\n".utf8 }
        output += [0x0D, 0x0A]
        if !omitsContent, !status.hasNoContent { output += content }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.status == right.status && left.content == right.content
            && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
}
