/// Ordered, partitioned input that can be read again: a topic, or segment files.
///
/// One value stands for one member of the log's group of readers. The member learns by
/// ``nextChange()`` which partitions it holds, reads each from the offset that its own cursor names,
/// and answers a revocation with ``release(_:)`` once it has finished what it may still commit.
public protocol EventLog<Reader>: Sendable {
    associatedtype Reader: EventLogReader

    /// Waits for the next change of the partitions that this member holds.
    ///
    /// - Returns: `nil` once the log is closed to this member.
    func nextChange() async throws -> AssignmentChange?

    /// A reader of `partition`, beginning at `offset`, which may be the log's end.
    ///
    /// - Throws: ``EventLogError``, if the member does not hold the partition or the log no longer
    ///   has the offset.
    func reader(of partition: Int, from offset: Int) async throws -> Reader

    /// Tells lag tools how far this member has come; a hint, never what a restart relies on.
    func acknowledge(_ partition: Int, upTo offset: Int) async

    /// Gives up partitions after ``AssignmentChange/revoked(_:)``: another member may have them.
    func release(_ partitions: [Int]) async

    /// Leaves the group at once; ``nextChange()`` returns `nil` from then on.
    func close() async
}

/// Reads one partition: a source whose elements are records.
///
/// A poll yields records in order of offset. Its range begins where the one before ended and covers
/// offsets that hold no record, so that what never arrives is done when a later record is.
public protocol EventLogReader: Source where Element == LogRecord, Replay == Replayable {}

/// What happened to the partitions that a member of a group holds.
public enum AssignmentChange: Equatable, Sendable {
    /// The member may read these, after it has claimed their cursors.
    case assigned([Int])
    /// The member must give these up: it finishes what it has begun, within a deadline.
    case revoked([Int])
    /// These are already another's: the member commits nothing more for them.
    case lost([Int])
}

/// Why an event log could not do what it was asked.
public enum EventLogError: Error, Equatable, Sendable {
    /// The member does not hold the partition.
    case notAssigned(partition: Int)
    /// The log begins after, or ends before, the offset.
    case offsetOutOfRange(partition: Int, offset: Int, begin: Int, end: Int)
    /// Bytes that were stored are not the bytes that are read.
    case damaged(partition: Int, offset: Int, reason: String)
    /// The log has no partition of this number.
    case noSuchPartition(Int)
    /// A record is longer than the log takes.
    case recordTooLarge(byteCount: Int, limit: Int)
    /// The log could not be reached or written; whether an append took place is unknown.
    case unavailable(reason: String)
    /// The log is closed to this member.
    case closed
}
