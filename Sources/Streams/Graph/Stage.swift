/// A step with state: the same code alone, in a lane, fused or parallel.
///
/// A value, made inside the actor that runs it, so it need not be `Sendable`; synchronous, so
/// nothing is awaited and no other input can slip in half-way.
public protocol Stage<Input, Output>: SendableMetatype {
    associatedtype Input: Sendable
    associatedtype Output: Sendable

    /// Handles `input` in order and appends what follows from it to `output`.
    ///
    /// - Parameters:
    ///   - input: Elements in their order; a chunk, or a block of one.
    ///   - bytes: The arena that elements point into.
    ///   - output: Takes elements that point into the same arena, or nowhere.
    ///
    /// - Throws: Anything; the graph then stops with the name of this stage.
    mutating func process(
        _ input: Span<Input>,
        _ bytes: Span<UInt8>,
        into output: inout [Output]
    ) throws

    /// Appends what is still held back; called once, after the last input.
    ///
    /// The offsets of what is held back count as done with the chunk that it came in, so a stage
    /// before an exactly-once sink holds nothing back.
    mutating func finish(into output: inout [Output]) throws
}

extension Stage {
    public mutating func finish(into output: inout [Output]) throws {}
}
