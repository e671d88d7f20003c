public import StreamsEmbedded

/// Why the index of a ledger cannot be used; the ledger itself needs none of it and is unharmed.
public enum EntryIndexError: Error, Equatable, Sendable {
    /// There is no index yet.
    case missing(path: String)
    /// The file is damaged, is no index, or does not fit the ledger beside it.
    case unusable(path: String, reason: String)
    /// A later version of the program wrote the file; nothing was changed.
    case newerVersion(path: String, found: Int, known: Int)
    /// The file could not be read or written now: it is held, the disk is full, it is read-only.
    /// What was committed before is kept.
    case unavailable(path: String, reason: String)
    /// The ledger that is indexed could not be read.
    case ledger(StorageError)
}

extension EntryIndexError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): there is no index yet; make it with 'caracal reindex'"
        case .unusable(let path, let reason):
            "\(path): \(reason); the ledger is unharmed: make the index anew with 'caracal reindex'"
        case .newerVersion(let path, let found, let known):
            "\(path): written by a newer version (format \(found), known up to \(known)); "
                + "upgrade, or make the index anew with 'caracal reindex'"
        case .unavailable(let path, let reason):
            "\(path): \(reason); what was indexed is kept, try again"
        case .ledger(let error):
            error.description
        }
    }
}

extension EntryIndexError {
    init(_ failure: SQLiteFailure, path: String) {
        let reason = "\(failure.message) (SQLite code \(failure.code))"
        switch failure.kind {
        case .damaged: self = .unusable(path: path, reason: "is damaged or no index: \(reason)")
        case .busy, .full, .readOnly, .cannotOpen, .other:
            self = .unavailable(path: path, reason: reason)
        }
    }

    /// Runs `body`, and throws what SQLite refused as an error of the index at `path`.
    static func wrap<Result>(
        _ path: String,
        _ body: () throws(SQLiteFailure) -> Result
    ) throws(EntryIndexError) -> Result {
        do {
            return try body()
        } catch {
            throw EntryIndexError(error, path: path)
        }
    }

    /// Runs `body`, and throws what the ledger's files refused.
    static func reading<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(EntryIndexError) -> Result {
        do {
            return try body()
        } catch {
            throw .ledger(error)
        }
    }
}
