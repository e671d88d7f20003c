/// Where the elements of a flow come from.
public protocol Source<Element>: SendableMetatype {
    associatedtype Element: Sendable
    associatedtype Replay: Replayability

    /// Appends what is there to `chunk`; never waits.
    ///
    /// `chunk` comes empty, with the capacity of one before. Its notes are the runtime's: a source
    /// says what it read by what it returns.
    ///
    /// - Parameters:
    ///   - chunk: Takes the elements and the bytes they point into.
    ///   - limit: The most elements, and the bytes after which no further element is appended.
    /// - Returns: What was done: the offsets that `chunk` stands for, or that there is nothing.
    /// - Throws: Anything; the graph then stops with the name of the source.
    mutating func poll(into chunk: inout Chunk<Element>, limit: ChunkLimit) throws -> Pulled

    /// Returns when a poll may find something, at `deadline`, or when the graph drains.
    ///
    /// Called only after a poll that found nothing, and after all that came before has been sent
    /// on. A source that never waits need not write it. Who waits for a ``ChangeSignal`` on `clock`
    /// heeds the drain by that. Cancelling ends the wait with `CancellationError`.
    mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws
}

extension Source {
    public mutating func wait(until deadline: Duration?, on clock: GraphClock) async throws {
        preconditionFailure("a source that can be found empty says how to wait")
    }
}

/// What a source has just done.
public enum Pulled: Equatable, Sendable {
    /// Appended the elements of this range, perhaps none: offsets can hold nothing.
    case elements(OffsetRange)
    /// Found nothing now.
    case nothing
    /// Nothing will ever come again.
    case finished
}

/// How much a source may put into one chunk.
public struct ChunkLimit: Equatable, Sendable {
    /// The most elements.
    public let elements: Int
    /// The arena's size in bytes at which no further element is added.
    public let bytes: Int

    @inlinable
    public init(elements: Int = 4_096, bytes: Int = 1 << 20) {
        precondition(elements > 0 && bytes > 0, "a chunk of no elements cannot move")
        self.elements = elements
        self.bytes = bytes
    }
}
