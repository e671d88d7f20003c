/// What SQLite answered when it did not do what was asked.
struct SQLiteFailure: Error, Equatable, Sendable {
    /// SQLite's primary result code.
    let code: Int32
    let message: String

    /// What kind of failure it is, as far as its owner acts on it.
    enum Kind: Equatable {
        /// The file is no database, or its pages contradict each other.
        case damaged
        /// Another connection holds it for longer than was waited.
        case busy
        /// There is no file, or it cannot be opened.
        case cannotOpen
        case full
        case readOnly
        case other
    }

    var kind: Kind {
        switch code {
        // SQLITE_ERROR is what a file with another schema answers.
        case 1, 11, 26, 20, 25: .damaged
        case 5, 6: .busy
        case 14: .cannotOpen
        case 13: .full
        case 8, 3, 23: .readOnly
        default: .other
        }
    }
}
