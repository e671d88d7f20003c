/// Reads the frames of a segment file one after another and checks each.
///
/// It stops at the first place where no right frame begins, and says why: only the owner knows
/// whether that is the end, a torn tail, or damage.
package struct FrameScanner {
    /// A frame that was found.
    package struct Frame: Equatable, Sendable {
        package let header: FrameHeader
        /// Where the frame begins in the file.
        package let position: Int
        /// Where the next one begins.
        package var end: Int { position + header.frameCount }
        /// What the next frame's header must say that came before.
        package let checksum: UInt32
    }

    /// What was found at a place.
    package enum Step: Equatable, Sendable {
        case frame(Frame)
        /// The file, or the part that was to be read, ends here.
        case end
        /// No right frame begins at this place.
        case broken(reason: String)
    }

    private let file: File
    /// Where reading stops, in bytes from the file's start.
    private let limit: Int
    private let window: Int
    private var buffer: [UInt8] = []
    /// Where ``buffer`` begins in the file.
    private var bufferStart: Int
    /// Where the next frame begins.
    package private(set) var position: Int
    private var expectedBase: Int?
    private var expectedChecksum: UInt32?
    private var expectedSecret: UInt64?
    private var payload = 0..<0

    /// Begins at `position`.
    ///
    /// - Parameters:
    ///   - file: A segment file.
    ///   - position: Where a frame begins.
    ///   - limit: Where to stop; a frame that goes beyond counts as broken.
    ///   - base: The number that the first frame must begin with, if it is known.
    ///   - isChained: Whether a frame at byte 0 must say that nothing came before it.
    ///   - window: How many bytes to read at once.
    package init(
        _ file: File,
        from position: Int = 0,
        upTo limit: Int,
        base: Int? = nil,
        isChained: Bool = true,
        window: Int = 1 << 20
    ) {
        self.file = file
        self.limit = limit
        self.window = max(window, FrameHeader.byteCount)
        self.position = position
        bufferStart = position
        expectedBase = base
        expectedChecksum = isChained && position == 0 ? 0 : nil
    }

    /// Goes to the next frame and checks all of it; its payload is lent by ``withPayload(_:)``.
    package mutating func next() throws(FileError) -> Step {
        let step = try nextHeader()
        guard case .frame(let frame) = step else { return step }
        guard try fill(frame.position, frame.header.frameCount) else {
            return back(to: frame, "the frame is cut short")
        }
        let start = frame.position - bufferStart + FrameHeader.byteCount
        payload = start..<start + frame.header.payloadCount
        let checksum = CRC32C.checksum(of: buffer.span.extracting(payload))
        guard checksum == frame.header.payloadChecksum else {
            return back(to: frame, "the checksum of the payload is wrong")
        }
        return step
    }

    /// Goes to the next frame and checks its header only.
    package mutating func nextHeader() throws(FileError) -> Step {
        payload = 0..<0
        if position >= limit { return .end }
        guard limit - position >= FrameHeader.byteCount,
            try fill(position, FrameHeader.byteCount)
        else { return .broken(reason: "a header is cut short") }
        guard let (header, checksum) = header(at: position - bufferStart) else {
            return .broken(reason: "no frame begins here")
        }
        guard header.frameCount <= limit - position else {
            return .broken(reason: "the frame is cut short")
        }
        if let expectedBase, header.base != expectedBase {
            return .broken(reason: "numbers go on with \(header.base), not with \(expectedBase)")
        }
        if let expectedChecksum, header.previousChecksum != expectedChecksum {
            return .broken(reason: "the frame does not belong behind the one before")
        }
        if let expectedSecret, header.secret != expectedSecret {
            return .broken(reason: "the frame was not written by this log here")
        }
        let frame = Frame(header: header, position: position, checksum: checksum)
        position = frame.end
        expectedBase = header.nextBase
        expectedChecksum = checksum
        expectedSecret = header.secret
        return .frame(frame)
    }

    /// Lends the payload of the frame that ``next()`` has just found.
    package func withPayload<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(buffer.span.extracting(payload))
    }

    private func header(at start: Int) -> (FrameHeader, checksum: UInt32)? {
        let bytes = buffer.span.extracting(start..<start + FrameHeader.byteCount)
        return FrameHeader(bytes).map { ($0, bytes.integer(at: 4, as: UInt32.self)) }
    }

    private mutating func back(to frame: Frame, _ reason: String) -> Step {
        position = frame.position
        payload = 0..<0
        return .broken(reason: reason)
    }

    /// Has `count` bytes from `start` on in the buffer, or returns `false` if there are fewer.
    private mutating func fill(_ start: Int, _ count: Int) throws(FileError) -> Bool {
        let bufferEnd = bufferStart + buffer.count
        if start >= bufferStart, start + count <= bufferEnd { return true }
        if start >= bufferStart, start < bufferEnd {
            buffer.removeFirst(start - bufferStart)
        } else {
            buffer.removeAll(keepingCapacity: true)
        }
        bufferStart = start
        let wanted = min(max(count, window), max(limit - start, count)) - buffer.count
        try file.read(wanted, at: start + buffer.count, into: &buffer)
        return buffer.count >= count
    }
}
