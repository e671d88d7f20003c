/// The offsets from `lower` up to, but not including, `upper` of one partition of a source.
public struct OffsetRange: Hashable, Sendable {
    public let partition: Int
    public let lower: Int
    public internal(set) var upper: Int

    public init(partition: Int, lower: Int, upper: Int) {
        precondition(lower <= upper, "an offset range runs upwards")
        self.partition = partition
        self.lower = lower
        self.upper = upper
    }
}
