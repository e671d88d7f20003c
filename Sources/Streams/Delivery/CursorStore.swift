/// Keeps, for each partition, the offset to go on from, with an epoch that fences older owners.
///
/// A sink that stores effects and cursor in one transaction implements the same contract over its
/// database. Everything a method has done is durable when it returns.
public protocol CursorStore: Sendable {
    /// Raises the epoch of `partition` and returns where to go on: from now on only this claim
    /// moves the cursor.
    func claim(_ partition: Int) async throws(CursorError) -> Cursor

    /// The cursor as it is; offset and epoch 0 before the first claim.
    func cursor(of partition: Int) async throws(CursorError) -> Cursor

    /// Moves the cursor over `range`, if it is at `range.lower` and `epoch` is the current one.
    ///
    /// - Throws: ``CursorError/fenced(current:)`` with nothing changed, or
    ///   ``CursorError/inDoubt(reason:)``, after which the caller reads the cursor: at `upper` the
    ///   move took place, at `lower` it did not.
    func advance(_ range: OffsetRange, epoch: Int) async throws(CursorError)
}

/// Where the next owner of a partition goes on, and which claim is the current one.
public struct Cursor: Hashable, Sendable {
    /// The first offset that is not done.
    public let nextOffset: Int
    /// Counts claims, from 1; 0 before the first.
    public let epoch: Int

    public init(nextOffset: Int, epoch: Int) {
        self.nextOffset = nextOffset
        self.epoch = epoch
    }
}

/// Why a cursor was not moved.
public enum CursorError: Error, Equatable, Sendable {
    /// Another claim, or another offset, is current: drop the work and release the partition.
    case fenced(current: Cursor)
    /// The store did not answer: read the cursor to learn whether the move took place.
    case inDoubt(reason: String)
    /// The store cannot be reached or refused; nothing was changed.
    case unavailable(reason: String)
}
