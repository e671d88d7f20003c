/// Cuts a file, block by block, into lines of bounded length.
///
/// A line ends at a line feed, or at the end of the file; a carriage return before that belongs to
/// the end. A byte order mark before the first line is dropped. Holds at most one line, and of a
/// line longer than the limit only its beginning.
public struct LineSplitter: Sendable {
    /// Where a line is in its file.
    public struct Line: Hashable, Sendable {
        /// The first line is 1.
        public let number: Int
        /// The offset of the line's first byte in the file.
        public let start: Int
        /// The offset behind the line's end.
        public let end: Int
        /// The line's length in bytes without its end, however much of it was kept.
        public let byteCount: Int
        /// Whether only the beginning of the line was kept.
        public let isCut: Bool
    }

    /// The most bytes of a line that are kept.
    public let limit: Int
    /// The beginning of a line whose end has not come yet.
    private var held: [UInt8] = []
    /// The length of that beginning, kept or not.
    private var heldCount = 0
    private var lastHeldByte: UInt8 = 0
    private var counter = LineCounter()

    /// - Parameter limit: The most bytes of a line that are kept, 1 MiB by default.
    public init(limit: Int = 1 << 20) {
        precondition(limit >= 3, "a line has room for a byte order mark")
        self.limit = limit
    }

    /// Takes the next block of the file and lends every line that ends in it to `body`.
    ///
    /// - Parameters:
    ///   - block: Any number of bytes.
    ///   - body: Gets the lines in order, without their ends; after it has thrown, this splitter is
    ///     of no use.
    /// - Throws: What `body` throws.
    public mutating func feed(
        _ block: Span<UInt8>,
        _ body: (Line, Span<UInt8>) throws -> Void
    ) rethrows {
        var start = 0
        while let feed = Self.lineFeed(block, from: start) {
            if heldCount == 0 {
                let (line, kept) = counter.next(
                    start..<feed,
                    hasMark: Self.hasMark(block, start..<feed),
                    count: feed - start,
                    lastByte: feed > start ? block[feed - 1] : 0,
                    hasFeed: true,
                    limit: limit
                )
                try body(line, block.extracting(kept))
            } else {
                hold(block, start..<feed)
                try emitHeld(hasFeed: true, body)
            }
            start = feed + 1
        }
        if start < block.count { hold(block, start..<block.count) }
    }

    /// Lends the last line to `body`, if the file does not end with a line feed.
    ///
    /// - Parameter body: Gets the line without its end.
    /// - Throws: What `body` throws.
    public mutating func finish(_ body: (Line, Span<UInt8>) throws -> Void) rethrows {
        if heldCount > 0 { try emitHeld(hasFeed: false, body) }
    }

    private mutating func hold(_ block: Span<UInt8>, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let room = min(limit - held.count, range.count)
        held.append(addingCapacity: room) { (span: inout OutputSpan<UInt8>) in
            span.append(block, range.lowerBound..<range.lowerBound + room)
        }
        heldCount += range.count
        lastHeldByte = block[range.upperBound - 1]
    }

    private mutating func emitHeld(
        hasFeed: Bool,
        _ body: (Line, Span<UInt8>) throws -> Void
    ) rethrows {
        let (line, kept) = counter.next(
            0..<held.count,
            hasMark: Self.hasMark(held.span, 0..<held.count),
            count: heldCount,
            lastByte: lastHeldByte,
            hasFeed: hasFeed,
            limit: limit
        )
        heldCount = 0
        try body(line, held.span.extracting(kept))
        held.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private static func hasMark(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count >= 3 && bytes[range.lowerBound] == 0xef && bytes[range.lowerBound + 1] == 0xbb
            && bytes[range.lowerBound + 2] == 0xbf
    }

    /// Where the next line feed is.
    @inline(__always)
    private static func lineFeed(_ block: Span<UInt8>, from start: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index + 8 <= block.count {
            let word = block.word(at: index) ^ (ones &* 0x0a)
            // The lowest byte that is marked is a line feed; those above may be marked wrongly.
            let marks = (word &- ones) & ~word & (ones &* 0x80)
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < block.count {
            if block[index] == 0x0a { return index }
            index += 1
        }
        return nil
    }
}

/// Counts lines and the bytes before them.
private struct LineCounter {
    private var lines = 0
    private var start = 0

    /// The next line, and which of its bytes are lent.
    ///
    /// `range` is what there is of the line's `count` bytes, the last of which is `lastByte`. A byte
    /// order mark counts only in the first line.
    mutating func next(
        _ range: Range<Int>,
        hasMark: Bool,
        count: Int,
        lastByte: UInt8,
        hasFeed: Bool,
        limit: Int
    ) -> (LineSplitter.Line, Range<Int>) {
        var lower = range.lowerBound
        var upper = range.upperBound
        var byteCount = count
        if lastByte == 0x0d {
            byteCount -= 1
            if count == range.count { upper -= 1 }
        }
        if lines == 0, hasMark {
            lower += 3
            byteCount -= 3
        }
        upper = min(upper, lower + limit)
        lines += 1
        let end = start + count + (hasFeed ? 1 : 0)
        defer { start = end }
        let line = LineSplitter.Line(
            number: lines,
            start: start,
            end: end,
            byteCount: byteCount,
            isCut: byteCount > upper - lower
        )
        return (line, lower..<upper)
    }
}
