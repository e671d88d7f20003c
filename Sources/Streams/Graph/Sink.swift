/// The end of a flow.
public protocol Sink<Element>: SendableMetatype {
    associatedtype Element: Sendable

    /// Takes a chunk; what `chunk.notes.lineage` covers is done when this returns.
    mutating func write(_ chunk: Chunk<Element>) async throws
}

/// A sink whose effects and cursor move in one transaction, so that a replayed range has no effect.
public protocol TransactionalSink<Element>: Sink {}
