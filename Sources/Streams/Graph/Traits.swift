/// What a stage does to the streams that meet in it.
@usableFromInline
struct Traits: OptionSet, Sendable {
    @usableFromInline let rawValue: Int

    @usableFromInline
    init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// All lanes of its inputs end in its one instance.
    @usableFromInline static let gathers = Traits(rawValue: 1)
    /// Gathers in rotation, a turn a lane.
    @usableFromInline static let rotates = Traits(rawValue: 2)
    /// May end an output inside a chunk.
    @usableFromInline static let cutsChunks = Traits(rawValue: 4)
    /// Needs outputs that end with chunks, so that their offsets are exact.
    @usableFromInline static let needsWholeChunks = Traits(rawValue: 8)
    /// Sends rejections on, for a batch to take.
    @usableFromInline static let sendsRejections = Traits(rawValue: 32)
    /// Takes rejections into its batches.
    @usableFromInline static let takesRejections = Traits(rawValue: 64)
}
