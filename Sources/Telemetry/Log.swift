/// Writes what happened as JSON, one object a line.
///
/// A value that is handed down, never a global: the clock and the sink come from whoever makes the
/// first one. Messages and keys are static, so that lines can be searched and counted; what varies
/// goes into fields.
public struct Log: Sendable {
    /// How much a line matters.
    public enum Level: Int, Comparable, Sendable {
        case debug, info, warning, error

        public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    /// The name of a field; declare each once, as a static member.
    public struct Key: Hashable, Sendable {
        let name: String

        public init(_ name: StaticString) { self.name = "\(name)" }
    }

    public typealias Fields = KeyValuePairs<Key, LogValue>

    private let minimum: Level
    private let sink: any LogSink
    private let now: @Sendable () -> Int64
    private var context: [String] = []

    /// Makes a log that drops what is below `minimum`.
    ///
    /// - Parameters:
    ///   - minimum: The lowest level that is written.
    ///   - sink: Where lines go.
    ///   - now: The time in nanoseconds since 1970, UTC.
    public init(minimum: Level, sink: any LogSink, now: @escaping @Sendable () -> Int64) {
        self.minimum = minimum
        self.sink = sink
        self.now = now
    }

    /// The same log, with `fields` in every line.
    public func with(_ fields: Fields) -> Self {
        var log = self
        log.context += fields.map(json)
        return log
    }

    /// Writes one line; the fields are not even computed if `level` is below the minimum.
    public func write(
        _ level: Level,
        _ message: StaticString,
        _ fields: @autoclosure () -> Fields = [:]
    ) {
        guard level >= minimum else { return }
        let head: Fields = [
            .time: .text("\(Timestamp(nanoseconds: now()))"), .level: .text("\(level)"),
            .message: .text("\(message)"),
        ]
        let members = head.map(json) + context + fields().map(json)
        sink.write("{\(members.joined(separator: ","))}")
    }
}

extension Log.Key {
    fileprivate static let time = Self("time")
    fileprivate static let level = Self("level")
    fileprivate static let message = Self("message")
}

private func json(_ field: (key: Log.Key, value: LogValue)) -> String {
    "\(quoted(field.key.name)):\(field.value.json)"
}
