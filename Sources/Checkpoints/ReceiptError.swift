/// Why a receipt proves nothing.
///
/// Trying again cannot help.
public enum ReceiptError: Error, Hashable, Sendable {
    /// Not the one form of a receipt; the line is counted from 1.
    case malformed(line: Int)
    /// The checkpoint in it is not one of the log.
    case checkpoint(CheckpointError)
    /// The entry does not stand at that index of the log's tree.
    case notIncluded
}
