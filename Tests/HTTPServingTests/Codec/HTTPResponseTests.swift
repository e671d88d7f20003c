import Testing

@testable import HTTPServing

@Suite struct HTTPResponseTests {
    private func text(_ response: HTTPResponse, head: Bool = false) -> String {
        var output: [UInt8] = []
        response.write(to: &output, omitsContent: head, connection: nil)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func writesHeadAndContent() {
        var response = HTTPResponse(.notFound, type: "text/x", content: [0x61])
        response.add("X-A", "b")
        let head =
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/x\r\nX-A: b\r\nContent-Length: 1\r\n\r\n"
        #expect(text(response) == head + "a" && text(response, head: true) == head)
    }

    /// No text that comes from somewhere else makes a second field of one.
    @Test func keepsAFieldOnItsLine() {
        var response = HTTPResponse(.ok)
        response.add("X", "a\r\nSet-Cookie: b\u{0}\u{7F}c")
        #expect(text(response).contains("X: a  Set-Cookie: b  c\r\n"))
    }

    @Test func sendsNoContentWhereNoneBelongs() {
        let response = HTTPResponse(.noContent, content: [0x61])
        #expect(text(response) == "HTTP/1.1 204 No Content\r\n\r\n")
    }
}
