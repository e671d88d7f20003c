/// What a service does when the work on one partition has failed.
public enum PartitionFailureResponse: Equatable, Sendable {
    /// Everything else is drained, and the service throws ``PartitionFailure``.
    case stopService
    /// The others go on; the partition stays held and idle, so that nobody else fails at it too.
    case stopPartition
    /// The work begins again from the cursor, after a pause.
    case restart(after: Duration)
}

/// The work on a partition has failed, and the service has stopped for it.
///
/// Every other partition was drained; what its work had not committed is read again.
public struct PartitionFailure: Error {
    public let partition: Int
    public let underlying: any Error

    public init(partition: Int, underlying: any Error) {
        self.partition = partition
        self.underlying = underlying
    }
}
