public import Streams

/// A cursor store in memory that fails when a test says so.
public struct ScriptedCursorStore: CursorStore {
    /// What is true, whatever the callers were told.
    public let truth = InMemoryCursorStore()
    /// What the next claims do.
    public let claims = FailureScript<CursorError>()
    /// What the next readings do.
    public let readings = FailureScript<CursorError>()
    /// What the next moves do.
    public let moves = FailureScript<CursorError>()

    public init() {}

    public func claim(_ partition: Int) async throws(CursorError) -> Cursor {
        try await claims.play { () async throws(CursorError) in try await truth.claim(partition) }
    }

    public func cursor(of partition: Int) async throws(CursorError) -> Cursor {
        try await readings.play { () async throws(CursorError) in
            try await truth.cursor(of: partition)
        }
    }

    public func advance(_ range: OffsetRange, epoch: Int) async throws(CursorError) {
        try await moves.play { () async throws(CursorError) in
            try await truth.advance(range, epoch: epoch)
        }
    }
}
