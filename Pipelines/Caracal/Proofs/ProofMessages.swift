import Checkpoints

extension CheckpointError {
    /// What is wrong, for people; it follows the name of a file.
    var message: String {
        switch self {
        case .wrongOrigin(let origin, let expected):
            "is a checkpoint of the log '\(origin)', not of '\(expected)'"
        case .note(.noTrustedSignature): "has no signature of the given key"
        case .note(.invalidSignature(let name)): "has a wrong signature of the key '\(name)'"
        default: "is no signed checkpoint"
        }
    }
}

extension ReceiptError {
    /// What is wrong, for people; it follows the name of a file.
    var message: String {
        switch self {
        case .malformed(let line): "is no receipt: line \(line) is not as it must be"
        case .checkpoint(let error): "holds a checkpoint that \(error.message)"
        case .notIncluded: "does not prove that the entry is in the log"
        }
    }
}
