public import Streams

/// Why a ledger could not be read or extended; each case says what is true afterwards.
public enum LedgerError: Error, Equatable, Sendable {
    /// Another claim, or another offset, is current. Nothing was stored: give up the partition.
    case fenced(current: Cursor)
    /// The store did not answer: at the end of the batch the cursor says that it was stored, at its
    /// beginning that it was not.
    case inDoubt(reason: String)
    /// The store cannot be reached now; nothing was stored. Trying again can succeed.
    case unavailable(reason: String)
    /// No space is left, or writing is not allowed; nothing was stored. Trying again can succeed later.
    case notWritable(reason: String)
    /// The store will never take this batch; nothing was stored.
    case refused(reason: String)
    /// What was read back is not what was written: nothing was signed, the writer must stop.
    case verificationFailed(index: Int)
    /// No signature could be made; nothing was stored. Trying again can succeed.
    case signingFailed(reason: String)
    /// Stored bytes are not those that were written; nothing was changed.
    case damaged(reason: String)
    /// There is no ledger, or one of a newer version.
    case unusable(reason: String)

    /// Whether the same call can succeed later without anybody's help.
    public var isRetriable: Bool {
        switch self {
        case .unavailable, .notWritable, .signingFailed: true
        case .fenced, .inDoubt, .refused, .verificationFailed, .damaged, .unusable: false
        }
    }
}
