import Streams

/// A reader that ends once it has read all that was there when it first ran empty.
struct DrainingReader<Base: EventLogReader & Sendable>: EventLogReader, Sendable {
    typealias Element = LogRecord
    typealias Replay = Replayable

    private var base: Base
    /// The log's end as it is now.
    private let end: @Sendable () async throws -> Int
    private var position: Int
    private var isEmpty = false

    init(_ base: Base, from position: Int, end: @escaping @Sendable () async throws -> Int) {
        self.base = base
        self.position = position
        self.end = end
    }

    mutating func poll(into chunk: inout Chunk<LogRecord>, limit: ChunkLimit) throws -> Pulled {
        if isEmpty { return .finished }
        let pulled = try base.poll(into: &chunk, limit: limit)
        if case .elements(let range) = pulled { position = range.upper }
        return pulled
    }

    mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        if position >= (try await end()) {
            isEmpty = true
        } else {
            try await base.wait(until: deadline, on: clock)
        }
    }
}
