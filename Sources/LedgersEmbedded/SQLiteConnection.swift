private import CSQLite

/// Owns one connection to a database file and closes it with the last reference.
///
/// Used from one thread at a time: it is not `Sendable`. Every call blocks.
@safe final class SQLiteConnection {
    /// How to open a file.
    enum Mode {
        /// Reads what exists; makes nothing, beside the files that SQLite keeps while it is open.
        case read
        /// Reads a file that nobody writes, and makes nothing at all.
        case readUnchanging
        /// Reads and writes, made if it is missing.
        case update
    }

    /// How long another process is waited for, in milliseconds.
    static let busyTimeout: Int32 = 5_000

    private var handle: OpaquePointer?

    /// Opens the file at `path`; a file that is damaged is noticed when it is first read.
    init(_ path: String, _ mode: Mode) throws(SQLiteFailure) {
        switch mode {
        case .update:
            try open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        case .readUnchanging:
            try open(Self.immutable(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        case .read:
            do throws(SQLiteFailure) {
                try open(path, SQLITE_OPEN_READONLY)
                _ = try integer("SELECT count(*) FROM sqlite_schema")
            } catch {
                // In a folder that may not be written, a database that nobody writes can be read
                // only if SQLite is told that nobody does.
                guard error.kind == .cannotOpen || error.kind == .readOnly else { throw error }
                close()
                try open(Self.immutable(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
            }
        }
    }

    private func open(_ path: String, _ flags: Int32) throws(SQLiteFailure) {
        let code = unsafe sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK else {
            let failure = failure(code)
            close()
            throw failure
        }
        unsafe sqlite3_busy_timeout(handle, Self.busyTimeout)
    }

    private static func immutable(_ path: String) -> String {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        let escaped = path.utf8.flatMap { byte -> [UInt8] in
            kept.contains(byte)
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return "file:\(String(decoding: escaped, as: UTF8.self))?immutable=1"
    }

    deinit {
        unsafe sqlite3_close_v2(handle)
    }

    private func close() {
        // Waits for statements that are left, so that the order of releases does not matter.
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    /// Runs statements that return nothing of interest.
    func execute(_ sql: String) throws(SQLiteFailure) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Compiles one statement, to be run any number of times.
    func prepare(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
        return unsafe SQLiteStatement(statement, of: self)
    }

    /// The integer in the first column of the first row, or `nil` if there is no row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// What went wrong in the last call, which returned `code`.
    func failure(_ code: Int32) -> SQLiteFailure {
        let text = unsafe sqlite3_errmsg(handle)
        let message = unsafe text.map { unsafe String(cString: $0) } ?? "no reason given"
        return SQLiteFailure(code: code & 0xFF, message: message)
    }
}
