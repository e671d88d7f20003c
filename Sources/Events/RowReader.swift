/// Reads the rows of a file of events, block by block, and finds out its format.
///
/// A row is a line that is not empty; the header of a trace is none. Holds at most one line.
public struct RowReader: Sendable {
    /// A row and its place in the file.
    public struct Row: Hashable, Sendable {
        /// The first row is 1.
        public let number: Int
        public let line: LineSplitter.Line

        public init(number: Int, line: LineSplitter.Line) {
            self.number = number
            self.line = line
        }
    }

    /// The file's format, known from its first line on.
    public private(set) var format: InputFormat?
    /// How many rows there were so far.
    public private(set) var count = 0
    private var splitter: LineSplitter
    private var isAtStart = true

    /// - Parameters:
    ///   - format: The file's format, or `nil` to find it out.
    ///   - lineLimit: The most bytes of a row that are kept, 1 MiB by default.
    public init(format: InputFormat? = nil, lineLimit: Int = 1 << 20) {
        self.format = format
        splitter = LineSplitter(limit: lineLimit)
    }

    /// Takes the next block of the file and lends every row that ends in it to `body`.
    ///
    /// - Parameters:
    ///   - block: Any number of bytes.
    ///   - body: Gets the rows in order; after it has thrown, this reader is of no use.
    /// - Throws: ``InputError`` at the first line, and what `body` throws.
    public mutating func feed(
        _ block: Span<UInt8>,
        _ body: (Row, Span<UInt8>) throws -> Void
    ) throws {
        var splitter = splitter
        self.splitter = LineSplitter()
        defer { self.splitter = splitter }
        try splitter.feed(block) { line, bytes in try take(line, bytes, body) }
    }

    /// Lends the last row to `body`, if the file does not end with a line feed.
    ///
    /// - Parameter body: Gets the row.
    /// - Throws: ``InputError/empty`` if there was nothing but blank lines, what the first line may
    ///   throw, and what `body` throws.
    public mutating func finish(_ body: (Row, Span<UInt8>) throws -> Void) throws {
        var splitter = splitter
        try splitter.finish { line, bytes in try take(line, bytes, body) }
        if isAtStart { throw InputError.empty }
    }

    private mutating func take(
        _ line: LineSplitter.Line,
        _ bytes: Span<UInt8>,
        _ body: (Row, Span<UInt8>) throws -> Void
    ) throws {
        guard !bytes.isEmpty else { return }
        if isAtStart {
            isAtStart = false
            if try isHeader(bytes) { return }
        }
        count += 1
        try body(Row(number: count, line: line), bytes)
    }

    private mutating func isHeader(_ bytes: Span<UInt8>) throws(InputError) -> Bool {
        switch format {
        case .llmTrace:
            guard InputFormat.isTraceHeader(bytes) else { throw .missingHeader }
            return true
        case .ndjson:
            return false
        case nil:
            guard let found = InputFormat.detect(bytes) else { throw .unrecognised }
            format = found
            return found == .llmTrace
        }
    }
}
