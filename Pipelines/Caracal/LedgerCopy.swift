import CommandLineInterface
import LedgersEmbedded
import StreamsEmbedded

/// Copies the files of a ledger up to its published head, while another process may be writing.
struct LedgerCopy {
    private let folder: String
    private let copy: String

    init(_ folder: String, to copy: String) {
        self.folder = folder
        self.copy = copy
    }

    /// Copies, durably, the format file last.
    ///
    /// - Returns: The number of entries.
    func run() throws(CommandError) -> Int {
        do throws(StorageError) {
            return try EmbeddedLedgerReader.copy(folder, to: copy)
        } catch {
            guard case .file(let error) = error else { throw CommandError(error) }
            if error.path.hasPrefix(copy) { throw CommandError(creating: error) }
            throw CommandError(reading: error)
        }
    }
}
