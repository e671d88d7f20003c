/// An element that a stage refused, with what it was and why.
///
/// It owns its bytes, since it outlives the arena of the chunk that it came with.
public struct Rejection: Sendable {
    /// The name of the stage that refused it.
    public let stage: String
    public let input: any Sendable
    /// The bytes that the input stood for, empty if it stood for none.
    public let bytes: [UInt8]
    public let error: any Error
    /// Whether it goes on to a batch, past every `.deadLetter` and `.skip` of later stages.
    @usableFromInline var isForBatch = false

    public init(stage: String, input: any Sendable, bytes: [UInt8] = [], error: any Error) {
        self.stage = stage
        self.input = input
        self.bytes = bytes
        self.error = error
    }
}
