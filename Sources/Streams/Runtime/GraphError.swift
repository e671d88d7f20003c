/// Why a graph did not run to its end.
public enum GraphError: Error {
    /// The graph as declared cannot run.
    case wiring([WiringMistake])
    /// A stage threw, or found a fault of ours; everything else was cancelled.
    case stage(name: String, underlying: any Error)
}

/// Runs `body`, putting the name of the stage to what it throws.
@inlinable
func attributed<Result>(to name: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw attributedError(error, to: name) }
}

/// Names the innermost stage only, and leaves cancellation what it is.
@usableFromInline
func attributedError(_ error: any Error, to name: String) -> any Error {
    if error is GraphError || error is CancellationError { return error }
    return GraphError.stage(name: name, underlying: error)
}
