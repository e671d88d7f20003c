/// How far a producer's sequence has come: its records up to here are entries or dead letters.
public struct ProducerMark: Hashable, Sendable {
    /// The producer's name in UTF-8.
    public let producer: [UInt8]
    /// The highest number so far.
    public let sequence: Int

    public init(producer: [UInt8], sequence: Int) {
        self.producer = producer
        self.sequence = sequence
    }
}
