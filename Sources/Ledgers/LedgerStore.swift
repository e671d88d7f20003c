public import Cryptography
public import Streams

/// Where the ledgers of a topic's partitions are kept: files, a database, memory.
///
/// A partition has one owner at a time. Entries, tree, checkpoint, marks, dead letters and cursor
/// move in one transaction, so that after any crash the cursor says exactly what is stored.
public protocol LedgerStore: Sendable {
    /// Raises the epoch of `partition`, durably, and returns what is stored: from now on only
    /// batches of this epoch are.
    ///
    /// Repairs what a crash may leave behind the newest checkpoint, and nothing before it.
    ///
    /// - Throws: ``LedgerError/damaged(reason:)`` or ``LedgerError/unavailable(reason:)``.
    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim

    /// The cursor as it is; offset and epoch 0 before the first claim.
    func cursor(of partition: Int) async throws(LedgerError) -> Cursor

    /// Stores `batch` and moves the cursor over its offsets, all of it or nothing; durable and
    /// visible to readers when this returns.
    ///
    /// The entries are written, read back and hashed again; `seal` gets these hashes and returns the
    /// signed checkpoint. It is not called for a batch without entries: the newest one still holds.
    ///
    /// - Parameters:
    ///   - batch: Begins at the cursor.
    ///   - seal: Signs what was read back, or throws, and then nothing is stored.
    /// - Throws: ``LedgerError``: `fenced`, `refused`, `notWritable` and what `seal` throws with nothing
    ///   stored; `inDoubt` if the cursor has to tell.
    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError)

    /// The identifiers and leaf hashes of the newest entries, oldest first.
    ///
    /// - Parameters:
    ///   - partition: The ledger's.
    ///   - limit: The most entries.
    /// - Returns: What recognises a repeat of one of them.
    /// - Throws: ``LedgerError/damaged(reason:)`` or ``LedgerError/unavailable(reason:)``.
    func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow
}

/// Takes the leaf hashes that a store has read back, and returns the signed checkpoint.
public typealias LedgerSeal =
    @Sendable (_ readBack: [Digest]) async throws(LedgerError) -> [UInt8]
