/// Takes requests out of a stream of bytes, strictly, one event after another.
///
///     request line ─▶ fields ─┬─▶ length ────────────────▶ end ─▶ the next request
///                             ├─▶ size ─▶ data ─▶ … ─▶ trailers ─▶ end
///                             └─▶ end
///
/// Any byte may come at any time: what is not exactly a request of HTTP/1.0 or 1.1 is refused with
/// the status that says why, and a decoder that has refused takes nothing more. How bytes are cut
/// into ``append(_:)`` changes no event, but for where content is cut. Pure: no clock, no socket.
///
/// Refused, beside what breaks the grammar: an LF or CR alone, NUL and other controls, folded
/// lines, blanks before the colon, `Content-Length` twice, as a list, signed or with zeros in
/// front, together with `Transfer-Encoding`, any coding but `chunked`, chunked in HTTP/1.0, a
/// missing or second `Host`, framing fields in trailers.
public struct HTTPRequestDecoder: Sendable {
    /// What comes next in the stream.
    public enum Event: Equatable, Sendable {
        /// Nothing until more bytes are appended.
        case needsBytes
        case head(HTTPRequest)
        /// Content, as a range of ``bytes``; valid until the next call of ``append(_:)``.
        case content(Range<Int>)
        /// The request is complete.
        case end
        /// The stream is not, or not to be, understood; nothing follows.
        case refused(HTTPStatus)
    }

    private enum State: Equatable {
        /// One empty line before a request is forgiven, as old clients send it after content.
        case requestLine(forgivesEmptyLine: Bool)
        case fields
        case length(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers(start: Int, count: Int)
        case end
        case refused(HTTPStatus)
    }

    /// What was appended and is not done with.
    public private(set) var bytes: [UInt8] = []
    /// What stands before it is done with.
    private var position = 0
    private var scan = LineScan(next: 0)
    private var state = State.requestLine(forgivesEmptyLine: true)
    private var head = HTTPHeadParser()
    private var contentCount = 0
    private let limits: HTTPLimits

    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether nothing of the next request has come.
    public var isBetweenRequests: Bool {
        if case .requestLine = state { position == bytes.count } else { false }
    }

    /// Adds what was read; call it only when ``next()`` needs bytes, so that little is kept.
    public mutating func append(_ more: ArraySlice<UInt8>) {
        if case .refused = state { return }
        // The head is copied out as a whole at its end; of anything else no byte is looked at again.
        let done = state == .fields ? head.start : position
        if done > 0 {
            bytes.removeSubrange(..<done)
            position -= done
            scan.next = max(0, scan.next - done)
            head.moveStart(by: -done)
            if case .trailers(let start, let count) = state {
                state = .trailers(start: start - done, count: count)
            }
        }
        bytes += more
    }

    /// The next event.
    public mutating func next() -> Event {
        do throws(HTTPRefusal) {
            return try advance()
        } catch {
            refuse(error.status)
            return .refused(error.status)
        }
    }

    /// Takes nothing more from the stream.
    public mutating func refuse(_ status: HTTPStatus) {
        state = .refused(status)
        (bytes, position) = ([], 0)
    }
}

extension HTTPRequestDecoder {
    private mutating func advance() throws(HTTPRefusal) -> Event {
        // A copy of the reference, so that other parts of this value may change beside it.
        let bytes = bytes
        while true {
            switch state {
            case .requestLine(let forgivesEmptyLine):
                guard let line = try line(limits.requestLineBytesMax, orElse: .uriTooLong) else {
                    return .needsBytes
                }
                if line.isEmpty, forgivesEmptyLine {
                    state = .requestLine(forgivesEmptyLine: false)
                } else {
                    try head.takeRequestLine(bytes.span, line)
                    state = .fields
                }
            case .fields:
                let room = limits.headBytesMax - (position - head.start) - 2
                guard let line = try line(room, orElse: .headerFieldsTooLarge) else {
                    return .needsBytes
                }
                if line.isEmpty { return try finishHead() }
                guard head.fields.count < limits.fieldsMax else {
                    throw HTTPRefusal(.headerFieldsTooLarge)
                }
                try head.takeField(bytes.span, line)
            case .length(let remaining):
                return content(remaining) { $0 == 0 ? .end : .length(remaining: $0) }
            case .chunk(let remaining):
                return content(remaining) { $0 == 0 ? .chunkEnd : .chunk(remaining: $0) }
            case .chunkSize, .chunkEnd, .trailers:
                guard try advanceBetweenChunks() else { return .needsBytes }
            case .end:
                state = .requestLine(forgivesEmptyLine: true)
                return .end
            case .refused(let status):
                return .refused(status)
            }
        }
    }

    private mutating func finishHead() throws(HTTPRefusal) -> Event {
        let request = try head.finish(Array(bytes[head.start..<position]))
        contentCount = 0
        switch request.content {
        case .none, .length(0): state = .end
        case .length(let count) where count > limits.bodyBytesMax:
            // The head is still worth an answer; what follows it is not read.
            refuse(.contentTooLarge)
        case .length(let count): state = .length(remaining: count)
        case .chunked: state = .chunkSize
        }
        return .head(request)
    }

    /// As much of the content as is there.
    private mutating func content(_ remaining: Int, _ following: (Int) -> State) -> Event {
        let count = min(remaining, bytes.count - position)
        guard count > 0 else { return .needsBytes }
        let range = position..<(position + count)
        position += count
        scan.next = position
        state = following(remaining - count)
        return .content(range)
    }

    /// - Returns: False if bytes are missing.
    private mutating func advanceBetweenChunks() throws(HTTPRefusal) -> Bool {
        switch state {
        case .chunkSize:
            guard let line = try line(HTTPLimits.chunkLineBytesMax, orElse: .badRequest) else {
                return false
            }
            let size = try Self.chunkSize(bytes.span, line)
            guard size <= limits.bodyBytesMax - contentCount else {
                throw HTTPRefusal(.contentTooLarge)
            }
            contentCount += size
            state = size == 0 ? .trailers(start: position, count: 0) : .chunk(remaining: size)
        case .chunkEnd:
            guard try line(0, orElse: .badRequest) != nil else { return false }
            state = .chunkSize
        case .trailers(let start, let count):
            let room = limits.headBytesMax - (position - start) - 2
            guard let line = try line(room, orElse: .headerFieldsTooLarge) else { return false }
            if line.isEmpty {
                state = .end
            } else {
                guard count < limits.fieldsMax else { throw HTTPRefusal(.headerFieldsTooLarge) }
                try Self.checkTrailer(bytes.span, line)
                state = .trailers(start: start, count: count + 1)
            }
        default: preconditionFailure("not between chunks")
        }
        return true
    }

    /// The next line, without its end, or `nil` while its end is missing.
    private mutating func line(
        _ bytesMax: Int,
        orElse status: HTTPStatus
    ) throws(HTTPRefusal) -> Range<Int>? {
        let bytes = bytes
        switch scan.find(in: bytes.span, from: position, bytesMax: bytesMax) {
        case .line(let line):
            position = scan.next
            return line
        case .incomplete: return nil
        case .tooLong: throw HTTPRefusal(status)
        case .bad: throw HTTPRefusal(.badRequest)
        }
    }

    /// The size in front of a chunk: hexadecimal digits, then nothing or an extension.
    private static func chunkSize(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>
    ) throws(HTTPRefusal) -> Int {
        let end = bytes.first(UInt8(ascii: ";"), in: line) ?? line.upperBound
        // Fifteen digits fit an Int.
        guard (1...15).contains(end - line.lowerBound) else { throw HTTPRefusal(.badRequest) }
        var size = 0
        for index in line.lowerBound..<end {
            guard let digit = hexadecimal(bytes[index]) else { throw HTTPRefusal(.badRequest) }
            size = size << 4 | digit
        }
        return size
    }

    private static func checkTrailer(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>
    ) throws(HTTPRefusal) {
        let (name, _) = try HTTPHeadParser.nameAndValue(bytes, line)
        let framing: [StaticString] = ["content-length", "transfer-encoding", "host", "trailer"]
        for word in framing where bytes.equals(word, in: name) { throw HTTPRefusal(.badRequest) }
    }
}

private func hexadecimal(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte & 0x0F)
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        Int(byte & 0x0F) + 9
    default: nil
    }
}
