/// Takes finished lines, without the line's end; where they go is its own affair.
public protocol LogSink: Sendable {
    func write(_ line: String)
}

/// Hands each line to a closure, such as a console's.
public struct LineSink: LogSink {
    private let take: @Sendable (String) -> Void

    public init(_ take: @escaping @Sendable (String) -> Void) {
        self.take = take
    }

    public func write(_ line: String) {
        take(line)
    }
}
