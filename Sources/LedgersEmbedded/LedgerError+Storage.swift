import Ledgers
import StreamsEmbedded

extension LedgerError {
    /// What a failure of the files means for the ledger.
    init(_ error: StorageError) {
        let reason = error.description
        switch error {
        case .file(let file):
            switch file.kind {
            case .diskFull, .readOnly, .notPermitted: self = .notWritable(reason: reason)
            default: self = .unavailable(reason: reason)
            }
        case .damaged, .endsBelow: self = .damaged(reason: reason)
        case .notAFolder, .newerVersion, .held, .noSuchPartition: self = .unusable(reason: reason)
        case .tooLarge: self = .refused(reason: reason)
        case .closed: self = .unavailable(reason: reason)
        }
    }
}
