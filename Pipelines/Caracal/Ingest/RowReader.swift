import CommandLineInterface
import Cryptography
import Glibc

/// Reads the lines of an input, one after another, with a digest of all that was read.
///
/// Memory is bounded: of a line longer than ``lineLimit`` the rest is read and forgotten. A line
/// ends in LF or CR LF, the last one perhaps in nothing.
struct RowReader: ~Copyable {
    /// The most bytes of a line that are kept: one more than a row may have, to show that it does.
    static let lineLimit = rowLimit + 1
    /// The most bytes that a row may have.
    static let rowLimit = 1 << 20
    /// How much is read at a time, in bytes.
    static let readSize = 1 << 20

    /// A line.
    struct Row: Equatable {
        /// Its bytes without its end, in ``buffer``, at most ``lineLimit``; good until the next call.
        let content: Range<Int>
        /// How many bytes it has without its end.
        let byteCount: Int
        /// From 1.
        let line: Int
        /// Where it begins, in bytes from the start of the input.
        let offset: Int
        /// Where the next line begins.
        let end: Int

        var isTooLong: Bool { byteCount > RowReader.rowLimit }
    }

    /// What comes next.
    enum Step: Equatable {
        case row(Row)
        case end
        /// The process was asked to end while there was nothing to read.
        case interrupted
    }

    private let input: InputFile
    private(set) var buffer: [UInt8] = []
    /// Where the input is in bytes when ``buffer`` begins; of a long line, as if it was all there.
    private var base = 0
    /// Where the next line begins in the buffer.
    private var start = 0
    /// Up to where there is no line end.
    private var scanned = 0
    /// Bytes of the next line, a long one, that were read and forgotten.
    private var forgotten = 0
    private var forgottenEndsInReturn = false
    private var lines = 0
    private var isAtEnd = false
    private var stream = SHA256.Stream()
    /// Up to where in the buffer the stream has it.
    private var hashed = 0
    /// The stream before the next line, if that is a long one and the stream has some of it.
    private var streamBeforeLongLine: SHA256.Stream?

    init(_ input: consuming InputFile) {
        self.input = input
    }

    /// The next line, without its end.
    mutating func next() throws(CommandError) -> Step {
        while true {
            if let place = lineFeed() { return .row(takeRow(upTo: place, lineEnd: 1)) }
            if isAtEnd {
                if start == buffer.count, forgotten == 0 { return .end }
                return .row(takeRow(upTo: buffer.count, lineEnd: 0))
            }
            makeRoom()
            switch try input.read(Self.readSize, into: &buffer) {
            case .bytes: break
            case .end: isAtEnd = true
            case .interrupted: return .interrupted
            }
        }
    }

    /// The first bytes of the input, read ahead: the first line and more.
    mutating func peek() throws(CommandError) -> ArraySlice<UInt8> {
        while lineFeed() == nil, !isAtEnd, buffer.count < Self.lineLimit {
            switch try input.read(Self.readSize, into: &buffer) {
            case .bytes: break
            case .end, .interrupted: isAtEnd = true
            }
        }
        return buffer[start...]
    }

    /// The digest of the first `end` bytes of the input.
    ///
    /// - Parameter end: Where the line given last ends, or before it, but not before what was asked
    ///   last.
    mutating func digest(upTo end: Int) -> Digest {
        if let streamBeforeLongLine { return streamBeforeLongLine.digest() }
        hash(upTo: end - base)
        return stream.digest()
    }

    private mutating func lineFeed() -> Int? {
        let from = max(scanned, start)
        let found: Int? = unsafe buffer.withUnsafeBytes { bytes in
            guard from < bytes.count, let first = bytes.baseAddress,
                let place = unsafe memchr(first + from, 10, bytes.count - from)
            else { return nil }
            return unsafe UnsafeRawPointer(place) - first
        }
        scanned = found ?? buffer.count
        return found
    }

    private mutating func takeRow(upTo place: Int, lineEnd: Int) -> Row {
        lines += 1
        let offset = base + start - forgotten
        let kept = min(place, start + Self.lineLimit)
        var byteCount = place - start + forgotten
        // Of CR LF, the CR is not the line's either.
        let endsInReturn =
            place > start + (forgotten > 0 ? Self.lineLimit : 0)
            ? buffer[place - 1] == 13 : forgottenEndsInReturn
        if endsInReturn, byteCount > 0 { byteCount -= 1 }
        let content = start..<min(kept, start + byteCount)
        let row = Row(
            content: content,
            byteCount: byteCount,
            line: lines,
            offset: offset,
            end: base + place + lineEnd
        )
        start = place + lineEnd
        (forgotten, forgottenEndsInReturn) = (0, false)
        streamBeforeLongLine = nil
        return row
    }

    /// Forgets what was given, and of a long line all that is not kept.
    private mutating func makeRoom() {
        if start > 0 {
            hash(upTo: start)
            remove(0..<start)
            start = 0
        }
        if buffer.count > Self.lineLimit {
            hash(upTo: start)
            if forgotten == 0 { streamBeforeLongLine = stream }
            hash(upTo: buffer.count)
            forgottenEndsInReturn = buffer.last == 13
            forgotten += buffer.count - Self.lineLimit
            remove(Self.lineLimit..<buffer.count)
        }
        scanned = buffer.count
    }

    private mutating func remove(_ range: Range<Int>) {
        buffer.removeSubrange(range)
        base += range.count
        hashed -= range.count
    }

    private mutating func hash(upTo place: Int) {
        guard place > hashed else { return }
        // Another reference to the same bytes, so that the span is not one of `self`.
        let bytes = buffer
        stream.update(bytes.span.extracting(hashed..<place))
        hashed = place
    }
}
