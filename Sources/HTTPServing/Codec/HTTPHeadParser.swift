/// Takes a head apart line by line, and decides how its content is framed.
///
/// Strict where leniency has let requests be smuggled past servers: one spelling for each thing
/// that frames a message, and a refusal for everything else.
struct HTTPHeadParser: Sendable {
    /// Where the head begins in the buffer; the ranges are relative to it.
    private(set) var start = 0
    private var method = HTTPRequest.Method.other
    private var target = 0..<0
    private var minorVersion = 1
    private(set) var fields: [HTTPRequest.Field] = []
    private var contentLength: Int?
    private var isChunked = false
    private var hostCount = 0
    private var closes = false
    private var keepsAlive = false

    init() {}

    /// Follows the buffer, when bytes before the head are dropped.
    mutating func moveStart(by offset: Int) { start += offset }

    /// Takes `method SP target SP version`.
    mutating func takeRequestLine(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>
    ) throws(HTTPRefusal) {
        self = Self()
        start = line.lowerBound
        guard let first = bytes.first(0x20, in: line), (1...32).contains(first - line.lowerBound),
            bytes.allSatisfy(in: line.lowerBound..<first, isToken),
            let second = bytes.first(0x20, in: (first + 1)..<line.upperBound),
            second > first + 1,
            bytes.allSatisfy(in: (first + 1)..<second, isTarget)
        else { throw HTTPRefusal(.badRequest) }
        minorVersion = try Self.minorVersion(bytes, (second + 1)..<line.upperBound)
        method = Self.method(bytes, line.lowerBound..<first)
        let whole = try path(bytes, (first + 1)..<second)
        target = (whole.lowerBound - start)..<(whole.upperBound - start)
    }

    /// Takes `name: value`; what frames the message is understood and checked here.
    mutating func takeField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(HTTPRefusal) {
        let (name, value) = try Self.nameAndValue(bytes, line)
        fields.append(
            HTTPRequest.Field(
                name: (name.lowerBound - start)..<(name.upperBound - start),
                value: (value.lowerBound - start)..<(value.upperBound - start)
            )
        )
        switch name.count {
        case 4 where bytes.equals("host", in: name):
            hostCount += 1
            guard bytes.allSatisfy(in: value, isHost) else { throw HTTPRefusal(.badRequest) }
        case 6 where bytes.equals("expect", in: name):
            guard bytes.equals("100-continue", in: value) else {
                throw HTTPRefusal(.expectationFailed)
            }
        case 10 where bytes.equals("connection", in: name):
            for part in bytes.list(in: value) {
                if bytes.equals("close", in: part) { closes = true }
                if bytes.equals("keep-alive", in: part) { keepsAlive = true }
            }
        case 14 where bytes.equals("content-length", in: name):
            guard contentLength == nil else { throw HTTPRefusal(.badRequest) }
            contentLength = try Self.length(bytes, value)
        case 17 where bytes.equals("transfer-encoding", in: name):
            guard !isChunked else { throw HTTPRefusal(.badRequest) }
            try Self.checkEncoding(bytes, value)
            isChunked = true
        default: break
        }
    }

    /// The request, once its last line was taken.
    ///
    /// - Parameter bytes: The whole head, with its line ends.
    /// - Returns: What the codec hands out.
    /// - Throws: The refusal of a head whose lines contradict each other.
    func finish(_ bytes: [UInt8]) throws(HTTPRefusal) -> HTTPRequest {
        let isOld = minorVersion == 0
        guard hostCount == 1 || (hostCount == 0 && isOld),
            !(isChunked && (contentLength != nil || isOld))
        else { throw HTTPRefusal(.badRequest) }
        return HTTPRequest(
            method: method,
            minorVersion: minorVersion,
            content: isChunked ? .chunked : contentLength.map { .length($0) } ?? .none,
            keepsConnection: !closes && (!isOld || keepsAlive),
            bytes: bytes,
            target: target,
            fields: fields
        )
    }

    /// Splits a field's line; a line that goes on the one before has no name, and is refused.
    static func nameAndValue(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>
    ) throws(HTTPRefusal) -> (name: Range<Int>, value: Range<Int>) {
        guard let colon = bytes.first(UInt8(ascii: ":"), in: line), colon > line.lowerBound,
            bytes.allSatisfy(in: line.lowerBound..<colon, isToken)
        else { throw HTTPRefusal(.badRequest) }
        return (line.lowerBound..<colon, bytes.trimmed((colon + 1)..<line.upperBound))
    }

    /// The path and query of a target in any form that a server gets.
    private mutating func path(
        _ bytes: Span<UInt8>,
        _ target: Range<Int>
    ) throws(HTTPRefusal) -> Range<Int> {
        if bytes[target.lowerBound] == UInt8(ascii: "/") { return target }
        if method == .options, bytes.equals("*", in: target) { return target }
        let scheme = target.lowerBound..<min(target.lowerBound + 7, target.upperBound)
        guard bytes.equals("http://", in: scheme) else { throw HTTPRefusal(.badRequest) }
        var end = scheme.upperBound
        while end < target.upperBound, isHost(bytes[end]) { end += 1 }
        guard end > scheme.upperBound, end == target.upperBound || "/?".utf8.contains(bytes[end])
        else { throw HTTPRefusal(.badRequest) }
        return end..<target.upperBound
    }

    private static func minorVersion(
        _ bytes: Span<UInt8>,
        _ version: Range<Int>
    ) throws(HTTPRefusal) -> Int {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let start = version.lowerBound
        // Unlike names of fields, these letters are upper case or wrong.
        guard version.count == 8, bytes.equals("http/", in: start..<(start + 5)),
            bytes.allSatisfy(in: start..<(start + 4), { $0 < UInt8(ascii: "a") }),
            digits.contains(bytes[start + 5]), bytes[start + 6] == UInt8(ascii: "."),
            digits.contains(bytes[start + 7])
        else { throw HTTPRefusal(.badRequest) }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): return 0
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): return 1
        default: throw HTTPRefusal(.versionNotSupported)
        }
    }

    private static func method(_ bytes: Span<UInt8>, _ name: Range<Int>) -> HTTPRequest.Method {
        var text: UInt64 = 0
        guard name.count <= 8 else { return .other }
        for index in name { text = text << 8 | UInt64(bytes[index]) }
        return methods[text] ?? .other
    }

    /// Digits alone, no sign, no list, no zero in front: one spelling for a number.
    private static func length(
        _ bytes: Span<UInt8>,
        _ value: Range<Int>
    ) throws(HTTPRefusal) -> Int {
        guard (1...19).contains(value.count) else { throw HTTPRefusal(.badRequest) }
        var length = 0
        for index in value {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else {
                throw HTTPRefusal(.badRequest)
            }
            let (tenfold, overflows) = length.multipliedReportingOverflow(by: 10)
            let (sum, carries) = tenfold.addingReportingOverflow(Int(bytes[index] & 0x0F))
            guard !overflows, !carries else { throw HTTPRefusal(.contentTooLarge) }
            length = sum
        }
        guard value.count == 1 || bytes[value.lowerBound] != UInt8(ascii: "0") else {
            throw HTTPRefusal(.badRequest)
        }
        return length
    }

    /// Lets `chunked` alone pass; codings before it are not implemented, anything else is bad.
    private static func checkEncoding(
        _ bytes: Span<UInt8>,
        _ value: Range<Int>
    ) throws(HTTPRefusal) {
        let codings = bytes.list(in: value)
        let chunked = codings.filter { bytes.equals("chunked", in: $0) }.count
        guard let last = codings.last, chunked == 1, bytes.equals("chunked", in: last),
            codings.allSatisfy({ !$0.isEmpty && bytes.allSatisfy(in: $0, isToken) })
        else { throw HTTPRefusal(.badRequest) }
        if codings.count > 1 { throw HTTPRefusal(.notImplemented) }
    }
}

private let methods: [UInt64: HTTPRequest.Method] = {
    let names: [(String, HTTPRequest.Method)] = [
        ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("PATCH", .patch),
        ("DELETE", .delete), ("OPTIONS", .options), ("TRACE", .trace),
    ]
    return Dictionary(
        uniqueKeysWithValues: names.map { name, method in
            (name.utf8.reduce(0) { $0 << 8 | UInt64($1) }, method)
        }
    )
}()
