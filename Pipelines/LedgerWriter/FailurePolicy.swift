import LedgerGraph
import Ledgers
import Streams

/// What a `ledger-writer` does when the work on a partition has failed.
enum FailurePolicy {
    /// How long a partition waits before it is begun again.
    static let pause = Duration.seconds(1)

    /// Decides by the cause, never by its text.
    ///
    /// - Parameter error: What the work threw.
    /// - Returns: To begin again where that can help; to leave the partition alone where records would
    ///   be skipped otherwise; to stop where the store cannot be trusted.
    static func response(to error: any Error) -> PartitionFailureResponse {
        switch cause(of: error) {
        case LedgerError.fenced, LedgerError.unavailable, LedgerError.notWritable,
            LedgerError.inDoubt, LedgerError.signingFailed, EventLogError.unavailable,
            EventLogError.notAssigned:
            .restart(after: pause)
        case EventLogError.offsetOutOfRange, EventLogError.damaged, EventLogError.noSuchPartition,
            LedgerError.refused:
            .stopPartition
        default:
            .stopService
        }
    }

    /// The error below what the graph says about it.
    static func cause(of error: any Error) -> any Error {
        var cause = error
        if let failure = cause as? PartitionFailure { cause = failure.underlying }
        if case GraphError.stage(_, let underlying) = cause { cause = underlying }
        return cause
    }

    /// What happened and what to do, for people.
    static func explanation(of error: any Error) -> String {
        switch cause(of: error) {
        case EventLogError.offsetOutOfRange(let partition, let offset, let begin, let end):
            """
            partition \(partition): the ledger goes on at offset \(offset), and the topic has \
            \(begin) to \(end): records have expired before they were written, or the topic was \
            made anew; nothing is skipped, so the partition stands still
            """
        case LedgerError.fenced(let current):
            "another writer has taken over at offset \(current.nextOffset), epoch \(current.epoch)"
        case LedgerError.inDoubt(let reason), LedgerError.unavailable(let reason),
            LedgerError.notWritable(let reason), LedgerError.refused(let reason),
            LedgerError.damaged(let reason), LedgerError.unusable(let reason):
            reason
        case LedgerError.verificationFailed(let index):
            "entry \(index) was read back otherwise than it was written; nothing was signed"
        case LedgerError.signingFailed(let reason):
            "cannot sign: \(reason)"
        case EventLogError.unavailable(let reason):
            reason
        case let other:
            "\(other)"
        }
    }
}
