import Testing

/// A request that some server took for something else, and the status that it gets here.
struct Hostile: CustomTestStringConvertible, Sendable {
    let status: Int
    let text: String

    var testDescription: String { "\(status) \(text.debugDescription)" }
}

private let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

/// A POST with `fields`, then `rest`, then what must not be taken for a request.
private func post(_ status: Int, _ fields: String, _ rest: String = "") -> Hostile {
    Hostile(
        status: status,
        text: "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)\(smuggled)"
    )
}

private func raw(_ status: Int, _ text: String) -> Hostile { Hostile(status: status, text: text) }

private func chunked(_ status: Int, _ content: String) -> Hostile {
    post(status, "Transfer-Encoding: chunked", content)
}

private func get(_ status: Int, _ line: String, _ fields: String = "Host: a\r\n") -> Hostile {
    Hostile(status: status, text: "\(line)\r\n\(fields)\r\n\(smuggled)")
}

let hostile: [Hostile] = [
    // Two framings, or one that is not one.
    post(400, "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n"),
    post(400, "Content-Length: 5\r\nContent-Length: 5", "hello"),
    post(400, "Content-Length: 5\r\ncontent-length: 0"),
    post(400, "Content-Length: 5, 5", "hello"),
    post(400, "Content-Length: +5", "hello"),
    post(400, "Content-Length: -1"),
    post(400, "Content-Length: 0x5", "hello"),
    post(400, "Content-Length: 05", "hello"),
    post(400, "Content-Length: 00"),
    post(400, "Content-Length: 5 5", "hello"),
    post(400, "Content-Length: 5;", "hello"),
    post(400, "Content-Length: \"5\"", "hello"),
    post(400, "Content-Length: 5.0", "hello"),
    post(400, "Content-Length: 1e1", "hello"),
    post(400, "Content-Length:"),
    post(400, "Content-Length: ٥", "hello"),
    post(413, "Content-Length: 9223372036854775808"),
    post(413, "Content-Length: 9999999999999999999"),
    post(400, "Content-Length: 99999999999999999999"),
    post(400, "Content-Length: 18446744073709551621", "hello"),
    post(413, "Content-Length: 1001"),
    post(501, "Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
    post(501, "Transfer-Encoding: identity, chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: identity"),
    post(400, "Transfer-Encoding: xchunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: chunked;q=1", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
    post(400, "Transfer-Encoding: , chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding:"),
    post(400, "Transfer-Encoding:\u{0B}chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding : chunked", "0\r\n\r\n"),
    post(400, " Transfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
    post(400, "Transfer-Encoding\t: chunked", "0\r\n\r\n"),
    post(400, "X: y\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "X: y\rTransfer-Encoding: chunked", "0\r\n\r\n"),
    post(400, "Content-Length\u{0}: 5", "hello"),
    raw(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    // Chunks.
    chunked(400, "0x3\r\nabc\r\n0\r\n\r\n"), chunked(400, " 3\r\nabc\r\n0\r\n\r\n"),
    chunked(400, "3 \r\nabc\r\n0\r\n\r\n"), chunked(400, "3\nabc\n0\n\n"),
    chunked(400, "3\r\nabcX\r\n0\r\n\r\n"), chunked(400, "3\r\nabc\n0\r\n\r\n"),
    chunked(400, "3\r\nabc0\r\n\r\n"), chunked(400, "-1\r\n"),
    chunked(400, "+3\r\nabc\r\n0\r\n\r\n"),
    chunked(400, "\r\n0\r\n\r\n"), chunked(400, "g\r\n"), chunked(400, ";a\r\n0\r\n\r\n"),
    chunked(400, "3;a\nb\r\nabc\r\n0\r\n\r\n"), chunked(400, "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    chunked(413, "100000000000000\r\n"), chunked(400, "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    chunked(400, "0000000000000003\r\nabc\r\n0\r\n\r\n"), chunked(413, "3e9\r\n"),
    chunked(400, "0\r\nContent-Length: 5\r\n\r\n"), chunked(400, "0\r\nHost: b\r\n\r\n"),
    chunked(400, "0\r\nTransfer-Encoding: chunked\r\n\r\n"), chunked(400, "0\r\nx y: z\r\n\r\n"),
    chunked(400, "0\r\nX: y\r\n z\r\n\r\n"), chunked(400, "0\r\nno field\r\n\r\n"),
    // Fields.
    get(400, "GET / HTTP/1.1", "Host : a\r\n"), get(400, "GET / HTTP/1.1", "Host: a\r\n b\r\n"),
    get(400, "GET / HTTP/1.1", " Host: a\r\n"), get(400, "GET / HTTP/1.1", "Host: a\r\n: b\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nno field\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nX(y): z\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nX: a\u{0}b\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nX: a\u{7F}b\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nX\u{E9}: b\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\r\nX: a\r\rb\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a\nX: b\r\n"),
    get(400, "GET / HTTP/1.1", ""), get(400, "GET / HTTP/1.1", "Host: a\r\nHost: a\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a, b\r\n"), get(400, "GET / HTTP/1.1", "Host: a b\r\n"),
    get(400, "GET / HTTP/1.1", "Host: a/b\r\n"), get(400, "GET / HTTP/1.1", "Host: u@a\r\n"),
    get(400, "GET / HTTP/1.0", "Host: a\r\nHost: b\r\n"),
    get(417, "GET / HTTP/1.1", "Host: a\r\nExpect: 200-ok\r\n"),
    // Request lines.
    get(400, "GET  / HTTP/1.1"), get(400, "GET / HTTP/1.1 "), get(400, " GET / HTTP/1.1"),
    get(400, "GET\t/\tHTTP/1.1"), get(400, "GET /a b HTTP/1.1"), get(400, "GET /"),
    get(400, "GET"), get(400, "GET HTTP/1.1"), get(400, "G(T / HTTP/1.1"),
    get(400, "GET / http/1.1"),
    get(400, "GET / HTTP/1.1x"), get(400, "GET / HTTP/1.10"), get(400, "GET / HTTP/11"),
    get(400, "GET / HTTP/ 1.1"), get(400, "GET / HTTP/١.1"), get(505, "GET / HTTP/1.2"),
    get(505, "GET / HTTP/0.9"), get(505, "GET / HTTP/2.0"), get(505, "GET / HTTP/3.1"),
    get(400, "GET a HTTP/1.1"), get(400, "GET * HTTP/1.1"), get(400, "GET a:80 HTTP/1.1"),
    get(400, "CONNECT a:80 HTTP/1.1"), get(400, "GET https://a/ HTTP/1.1"),
    get(400, "GET http:/// HTTP/1.1"), get(400, "GET http://u@a/ HTTP/1.1"),
    get(400, "GET http:// HTTP/1.1"), get(400, "GET ftp://a/ HTTP/1.1"),
    get(400, "GET /#a HTTP/1.1"), get(400, "GET /\u{E9} HTTP/1.1"), get(400, "GET /\u{0} HTTP/1.1"),
    get(400, "GET /\u{7F} HTTP/1.1"), get(400, "GET /\r HTTP/1.1"), get(400, "GET /\n HTTP/1.1"),
    get(400, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1"),
    raw(400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    raw(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    raw(400, "\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"), raw(400, "GET / HTTP/1.1\nHost: a\n\n"),
    raw(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), raw(400, "\u{16}\u{3}\u{1}\u{0}"),
]
