private import CLibpq

/// The rows that a statement has returned, as they lie in the library's memory.
@safe public final class PostgresRows {
    private let result: OpaquePointer
    /// The number of rows.
    public let count: Int
    private let columnCount: Int

    /// Takes over `result`.
    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
        count = unsafe Int(PQntuples(result))
        columnCount = unsafe Int(PQnfields(result))
    }

    deinit {
        unsafe PQclear(result)
    }

    /// How many rows the statement has changed.
    public var changedCount: Int {
        guard let text = unsafe PQcmdTuples(result) else { return 0 }
        return unsafe Int(String(cString: text)) ?? 0
    }

    private func check(_ row: Int, _ column: Int) {
        precondition(0..<count ~= row && 0..<columnCount ~= column, "no such row or column")
    }

    public func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return unsafe PQgetisnull(result, Int32(row), Int32(column)) != 0
    }

    /// Lends the bytes of a value; of NULL, none.
    public func withBytes<Result>(
        _ row: Int,
        _ column: Int,
        _ body: (Span<UInt8>) -> Result
    ) -> Result {
        check(row, column)
        let start = unsafe PQgetvalue(result, Int32(row), Int32(column))
        let count = unsafe Int(PQgetlength(result, Int32(row), Int32(column)))
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        return unsafe body(Span<UInt8>(_bytes: RawSpan(_unsafeBytes: bytes)))
    }

    public func bytes(_ row: Int, _ column: Int) -> [UInt8] {
        withBytes(row, column) { span in
            unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
        }
    }

    /// A text; what is not UTF-8 in it is replaced.
    public func text(_ row: Int, _ column: Int) -> String {
        String(decoding: bytes(row, column), as: UTF8.self)
    }

    /// An integer of 2, 4 or 8 bytes, or `nil` for anything else and for NULL.
    public func integer(_ row: Int, _ column: Int) -> Int? {
        withBytes(row, column) { span in
            guard [2, 4, 8].contains(span.count) else { return nil }
            var value = Int(Int8(truncatingIfNeeded: Int(span[0])))
            for index in 1..<span.count { value = value << 8 | Int(span[index]) }
            return value
        }
    }

    /// A truth value; NULL is false.
    public func bool(_ row: Int, _ column: Int) -> Bool {
        withBytes(row, column) { $0.count == 1 && $0[0] != 0 }
    }
}
