import HTTPServing
import Testing

@Suite struct HTTPRequestDecoderTests {
    @Test func readsARequest() throws {
        let text =
            "GET /metrics?name=a&b=?c HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nACCEPT: \t a, b\t\r\nX:\r\n\r\n"
        let decoding = Decoding(text)
        #expect(decoding.refusal == nil && decoding.isBetween && decoding.messages.count == 1)
        let message = try #require(decoding.messages.first)
        #expect(message.isComplete && message.content.isEmpty)
        #expect(message.head.method == .get && message.head.minorVersion == 1)
        #expect(message.head.path == "/metrics" && message.head.query == "name=a&b=?c")
        #expect(message.head.values(of: "accept") == ["a, b"])
        #expect(message.head.values(of: "x") == [""] && message.head.values(of: "y") == [])
        #expect(message.head.content == .none && message.head.keepsConnection)
    }

    @Test(arguments: [
        ("GET http://a.b:80/c?d HTTP/1.1\r\nHost: a.b:80\r\n\r\n", "/c", "d"),
        ("GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n", "/", nil),
        ("GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", "/", "b"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", nil),
        ("GET //..%2f\"{} HTTP/1.1\r\nHost:\r\n\r\n", "//..%2f\"{}", nil),
        ("\r\nGET / HTTP/1.0\r\n\r\n", "/", nil),
        ("BREW / HTTP/1.1\r\nHost: [::1]:80\r\nX: caf\u{E9}\r\n\r\n", "/", nil),
    ])
    func readsEveryFormOfTarget(text: String, path: String, query: String?) throws {
        let head = try #require(Decoding(text).messages.first?.head)
        #expect(head.path == path && head.query == query)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: a, CLOSE ,b\r\n", false), ("1.1", "Connection: closed\r\n", true),
        ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
    ])
    func knowsWhoKeepsTheConnection(version: String, field: String, keeps: Bool) throws {
        let text = "GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n"
        let message = try #require(Decoding(text).messages.first)
        #expect(message.head.keepsConnection == keeps)
    }

    @Test func readsContentOfALengthAndInChunksAndWhatFollows() {
        let text =
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            + "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
            + "3\r\nabc\r\n00A;x=\"y z\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
            + "PUT /c HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /d HTTP/1.1\r\nHost: a\r\n\r\n"
        let decoding = Decoding(text)
        #expect(decoding.refusal == nil && decoding.isBetween)
        #expect(decoding.messages.map(\.head.path) == ["/a", "/b", "/c", "/d"])
        #expect(decoding.messages.map(\.head.method) == [.post, .post, .put, .get])
        #expect(
            decoding.messages.map { String(decoding: $0.content, as: UTF8.self) }
                == ["hello", "abc0123456789", "", ""]
        )
        #expect(decoding.messages.allSatisfy { $0.isComplete })
    }

    /// Wherever bytes are cut into reads, the decoder says the same.
    @Test(arguments: HTTPRequestDecoderTests.good + hostile.map(\.text))
    func meansTheSameSplitAtEveryByte(text: String) {
        let bytes = Array(text.utf8)
        let whole = Decoding(bytes)
        for cut in 0...bytes.count { #expect(Decoding(bytes, cuts: [cut]) == whole) }
        #expect(Decoding(bytes, cuts: Array(0...bytes.count)) == whole)
    }

    @Test(arguments: hostile)
    func refusesHostileFramings(hostile: Hostile) {
        let decoding = Decoding(hostile.text)
        #expect(decoding.refusal?.code == hostile.status, "\(hostile.text.debugDescription)")
        // What stands behind a refused request is never taken for another.
        #expect(decoding.messages.allSatisfy { $0.head.path != "/smuggled" })
        #expect(!decoding.isBetween)
    }

    @Test func waitsForWhatIsMissing() {
        let decoding = Decoding("GET / HTTP/1.1\r\nHost: a\r\n\r")
        #expect(decoding.refusal == nil && decoding.messages.isEmpty && !decoding.isBetween)
        #expect(Decoding("").isBetween && Decoding("\r\n").isBetween && !Decoding("\r").isBetween)
    }

    /// Each limit holds exactly: its last value passes, one more is refused.
    @Test func keepsItsLimitsToTheByte() {
        var limits = HTTPLimits.forTests
        limits.requestLineBytesMax = 100
        limits.headBytesMax = 300
        limits.fieldsMax = 5
        limits.bodyBytesMax = 20
        func refusal(_ text: String) -> Int? { Decoding(text, limits: limits).refusal?.code }
        func line(_ count: Int) -> String {
            "GET /" + String(repeating: "a", count: count - 14) + " HTTP/1.1\r\n"
        }
        #expect(refusal(line(100) + "Host: a\r\n\r\n") == nil)
        #expect(refusal(line(101) + "Host: a\r\n\r\n") == 414)
        #expect(refusal(String(repeating: "a", count: 101)) == 414)
        let start = line(50) + "Host: a\r\n"
        func field(_ bytes: Int) -> String {
            "X: " + String(repeating: "b", count: bytes - 5) + "\r\n"
        }
        let room = 300 - start.utf8.count - 2
        #expect(refusal(start + field(room) + "\r\n") == nil)
        #expect(refusal(start + field(room + 3) + "\r\n") == 431)
        #expect(refusal(start + String(repeating: "b", count: 300)) == 431)
        #expect(refusal(start + String(repeating: "X: y\r\n", count: 4) + "\r\n") == nil)
        #expect(refusal(start + String(repeating: "X: y\r\n", count: 5) + "\r\n") == 431)
        let long = String(repeating: "c", count: 20)
        let post = "POST / HTTP/1.1\r\nHost: a\r\n"
        #expect(refusal(post + "Content-Length: 20\r\n\r\n\(long)") == nil)
        #expect(refusal(post + "Content-Length: 21\r\n\r\n") == 413)
        let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(refusal(chunked + "14\r\n\(long)\r\n0\r\n\r\n") == nil)
        #expect(refusal(chunked + "14\r\n\(long)\r\n1\r\n") == 413)
        #expect(refusal(chunked + "FFFFFFFFFFFFFFF\r\n") == 413)
        #expect(refusal(chunked + "1;" + String(repeating: "x", count: 255) + "\r\n") == 400)
        #expect(
            refusal(chunked + "0\r\n" + String(repeating: "X: y\r\n", count: 6) + "\r\n") == 431
        )
    }

    @Test func takesNothingAfterARefusal() {
        var decoder = HTTPRequestDecoder(limits: .forTests)
        decoder.append(Array("GET  / HTTP/1.1\r\n".utf8)[...])
        #expect(decoder.next() == .refused(.badRequest))
        decoder.append(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)[...])
        #expect(decoder.next() == .refused(.badRequest) && decoder.bytes.isEmpty)
    }

    static let good = [
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello\r\n\r\nxyGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\r\n\r\nA;b=c\r\n0123456789\r\n0\r\n"
            + "A: b\r\nC: d\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
}
