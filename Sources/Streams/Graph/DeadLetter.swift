/// An element that could not be handled, kept with its reason.
public struct DeadLetter<Failure: Error>: Sendable {
    public let stage: String
    public let input: any Sendable
    /// The bytes that the input stood for, empty if it stood for none.
    public let bytes: [UInt8]
    public let failure: Failure

    public init(stage: String, input: any Sendable, bytes: [UInt8] = [], failure: Failure) {
        self.stage = stage
        self.input = input
        self.bytes = bytes
        self.failure = failure
    }

    /// The letter that `rejection` becomes, unless it goes on to a batch.
    @usableFromInline
    init?(_ rejection: Rejection) {
        guard !rejection.isForBatch, let failure = rejection.error as? Failure else { return nil }
        self.init(
            stage: rejection.stage,
            input: rejection.input,
            bytes: rejection.bytes,
            failure: failure
        )
    }
}
