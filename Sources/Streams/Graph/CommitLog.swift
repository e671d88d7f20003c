/// Turns a batch into one commitment to an append-only log.
public protocol CommitLog<Entry, Commitment>: SendableMetatype {
    associatedtype Entry: Sendable
    associatedtype Commitment: Sendable

    /// Appends the batch to the log's tree and returns what says so.
    ///
    /// - Throws: Anything; the graph then stops with the name of the stage.
    mutating func commit(_ batch: Batch<Entry>) throws -> Commitment
}
