private import CSQLite

/// Owns one compiled statement, and keeps its connection open.
@safe final class SQLiteStatement {
    private let pointer: OpaquePointer
    private let connection: SQLiteConnection

    init(_ pointer: OpaquePointer, of connection: SQLiteConnection) {
        unsafe self.pointer = unsafe pointer
        self.connection = connection
    }

    deinit {
        unsafe sqlite3_finalize(pointer)
    }

    /// Puts an integer in the place of parameter `number`, counted from 1.
    func bind(_ number: Int32, _ value: Int) {
        let code = unsafe sqlite3_bind_int64(pointer, number, Int64(value))
        precondition(code == SQLITE_OK, "a parameter that the statement does not have")
    }

    /// Puts a copy of bytes in the place of a parameter.
    func bind(_ number: Int32, blob bytes: Span<UInt8>) throws(SQLiteFailure) {
        let code = unsafe bytes.withUnsafeBytes { buffer in
            unsafe sqlite3_bind_blob64(
                pointer,
                number,
                buffer.baseAddress,
                UInt64(buffer.count),
                Self.copied
            )
        }
        guard code == SQLITE_OK else { throw connection.failure(code) }
    }

    /// Puts a copy of sixteen bytes, as they lie in memory, in the place of a parameter.
    func bind(_ number: Int32, blob words: InlineArray<2, UInt64>) throws(SQLiteFailure) {
        let code = unsafe withUnsafeBytes(of: words) { buffer in
            unsafe sqlite3_bind_blob64(
                pointer,
                number,
                buffer.baseAddress,
                UInt64(buffer.count),
                Self.copied
            )
        }
        guard code == SQLITE_OK else { throw connection.failure(code) }
    }

    /// Puts a copy of a text in UTF-8 in the place of a parameter.
    func bind(_ number: Int32, text bytes: Span<UInt8>) throws(SQLiteFailure) {
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                unsafe sqlite3_bind_text64(
                    pointer,
                    number,
                    characters.baseAddress,
                    UInt64(characters.count),
                    Self.copied,
                    UInt8(SQLITE_UTF8)
                )
            }
        }
        guard code == SQLITE_OK else { throw connection.failure(code) }
    }

    /// Has SQLite copy what it is given.
    private static var copied: sqlite3_destructor_type? {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type?.self)
    }

    /// Goes to the next row, or returns `false` if there is none and resets the statement.
    func step() throws(SQLiteFailure) -> Bool {
        switch unsafe sqlite3_step(pointer) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            unsafe sqlite3_reset(pointer)
            return false
        case let code:
            let failure = connection.failure(code)
            unsafe sqlite3_reset(pointer)
            throw failure
        }
    }

    /// Runs a statement that has no rows.
    func run() throws(SQLiteFailure) {
        while try step() {}
    }

    /// Forgets the rows that were not asked for.
    func reset() {
        unsafe sqlite3_reset(pointer)
    }

    /// What kind of value a column holds.
    enum ColumnType {
        case integer
        case text
        case blob
        case other
    }

    func type(_ column: Int32) -> ColumnType {
        switch unsafe sqlite3_column_type(pointer, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .other
        }
    }

    func integer(_ column: Int32) -> Int {
        Int(unsafe sqlite3_column_int64(pointer, column))
    }

    /// Lends the bytes of a blob or of a text in UTF-8.
    func withBytes<Result>(_ column: Int32, _ body: (Span<UInt8>) -> Result) -> Result {
        let start = unsafe sqlite3_column_blob(pointer, column)
        let count = unsafe Int(sqlite3_column_bytes(pointer, column))
        guard let start = unsafe start, count > 0 else {
            let nothing: [UInt8] = []
            return body(nothing.span)
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe body(Span<UInt8>(_bytes: RawSpan(_unsafeBytes: bytes)))
    }
}
