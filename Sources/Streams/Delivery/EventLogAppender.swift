/// Takes records at the end of an event log's partitions, each record of a producer once.
///
/// A producer names itself and numbers its records upwards; the log keeps the highest number of each
/// producer and partition, exactly and durably. A record whose number is not above it is there
/// already and adds nothing, so that whoever is not sure repeats. Numbers may be left out: what was
/// never sent is not waited for. A record without a producer, or with sequence -1, is always added.
public protocol EventLogAppender: Sendable {
    /// Appends those of `records` that are new, in their order, all of them or none.
    ///
    /// They are durable, and readers have been woken, when this returns. Cancelling does not undo an
    /// append that has begun.
    ///
    /// - Parameters:
    ///   - records: What to append; their offsets are not looked at, the log gives its own.
    ///   - bytes: The arena that the records' ranges point into.
    ///   - partition: Where to, from 0.
    /// - Returns: The offsets given, and how many records were there already.
    /// - Throws: ``EventLogError/recordTooLarge(byteCount:limit:)`` or
    ///   ``EventLogError/noSuchPartition(_:)`` with nothing added;
    ///   ``EventLogError/unavailable(reason:)`` if it is not known whether something was, in which
    ///   case the same append is repeated.
    func append(
        _ records: [LogRecord],
        in bytes: [UInt8],
        to partition: Int
    ) async throws(EventLogError) -> Appended
}

/// What an append has done.
public struct Appended: Equatable, Sendable {
    /// The offsets of the records that were new, in their order; empty if none was.
    public let offsets: Range<Int>
    /// How many records were left out because the log had them.
    public let alreadyThere: Int

    public init(offsets: Range<Int>, alreadyThere: Int) {
        self.offsets = offsets
        self.alreadyThere = alreadyThere
    }
}
