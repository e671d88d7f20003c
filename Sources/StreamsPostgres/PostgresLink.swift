private import CLibpq
private import Glibc

/// Owns one connection of the library, and waits for it: never longer than a deadline, and not after
/// an interrupt.
///
/// Whatever ends a wait early, or breaks the protocol, closes the connection: the server then rolls
/// back what was not committed.
@safe final class PostgresLink {
    private var connection: OpaquePointer?
    private let interrupt: PostgresInterrupt
    /// Counts this connection from when it is made until it is closed.
    private var count: PostgresConnectionCount?
    /// Whether a loss from now on leaves open whether a transaction was committed.
    var isCommitting = false
    /// When the statement at hand must be done, in nanoseconds of the system's monotonic clock.
    private var deadline = Int64.max

    /// Connects.
    ///
    /// - Throws: ``PostgresError``: `unavailable`, or what the server has said.
    init(
        _ settings: PostgresSettings,
        _ interrupt: PostgresInterrupt
    ) throws(PostgresError) {
        self.interrupt = interrupt
        setDeadline(settings.connectTimeout)
        let parameters = settings.parameters
        unsafe connection = unsafe Self.withCStrings(parameters.map(\.0)) { names in
            unsafe Self.withCStrings(parameters.map(\.1)) { values in
                unsafe PQconnectStartParams(names, values, 0)
            }
        }
        guard unsafe connection != nil else { throw PostgresError(.unavailable, "out of memory") }
        unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        _ = unsafe PQsetNoticeReceiver(connection, { _, _ in }, nil)
        guard unsafe PQstatus(connection) != CONNECTION_BAD else { throw connectionFailure() }
        try finishConnecting()
        guard unsafe PQsetnonblocking(connection, 1) == 0 else { throw lost() }
        count = settings.connectionCount
        count?.add(1)
    }

    deinit {
        if unsafe connection != nil { close() }
    }

    private func finishConnecting() throws(PostgresError) {
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            switch step {
            case PGRES_POLLING_READING: try wait(Int16(POLLIN))
            case PGRES_POLLING_WRITING: try wait(Int16(POLLOUT))
            default: throw connectionFailure()
            }
            step = unsafe PQconnectPoll(connection)
        }
    }

    /// Lends `texts` as an array of C strings that a null pointer ends.
    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = unsafe texts.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        var pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            // An array with an element has a base address.
            unsafe body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }

    var isOpen: Bool { unsafe connection != nil }

    /// Whether a transaction is open, be it failed or not.
    var isInTransaction: Bool {
        guard isOpen else { return false }
        let status = unsafe PQtransactionStatus(connection)
        return status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN
    }

    /// Says goodbye and lets go of the socket.
    func close() {
        unsafe PQfinish(connection)
        unsafe connection = nil
        count?.add(-1)
        count = nil
    }

    // MARK: Waiting

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Gives the statement that begins now so much time.
    func setDeadline(_ timeout: Duration) {
        deadline = Self.now() + Int64(timeout.wholeMilliseconds) * 1_000_000
    }

    private func wait(_ events: Int16) throws(PostgresError) {
        let descriptor = unsafe PQsocket(connection)
        guard descriptor >= 0 else { throw lost() }
        while true {
            let left = deadline - Self.now()
            guard left > 0 else { throw give(up: "no answer in time") }
            let polled = (
                pollfd(fd: descriptor, events: events, revents: 0),
                pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0)
            )
            var descriptors: InlineArray<2, pollfd> = [polled.0, polled.1]
            let milliseconds = Int32(clamping: (left + 999_999) / 1_000_000)
            var span = descriptors.mutableSpan
            let count = unsafe span.withUnsafeMutableBufferPointer {
                unsafe poll($0.baseAddress, 2, milliseconds)
            }
            if count < 0, errno != EINTR { throw give(up: "poll failed") }
            if descriptors[1].revents != 0 { throw give(up: "interrupted") }
            if descriptors[0].revents != 0 { return }
        }
    }

    /// Ends the connection, which may yet be in order.
    private func give(up reason: String) -> PostgresError {
        close()
        return PostgresError(isCommitting ? .inDoubt : .unavailable, reason)
    }

    /// Ends the connection, which the library says is broken.
    private func lost() -> PostgresError {
        let message = unsafe Self.line(PQerrorMessage(connection))
        close()
        return PostgresError(
            isCommitting ? .inDoubt : .unavailable,
            message.isEmpty ? "the connection was lost" : message
        )
    }

    // MARK: Sending

    /// Throws what a call of the library that returned 0 means.
    private func check(_ isSent: Bool) throws(PostgresError) {
        if !isSent { throw lost() }
    }

    /// Sends statements that have no parameters, separated by semicolons.
    func send(_ sql: String) throws(PostgresError) {
        guard isOpen else { throw notOpen }
        try check(unsafe PQsendQuery(connection, sql) == 1)
        try flush()
    }

    /// Sends a statement with its parameters, without a name, for rows in binary.
    func send(_ statement: PostgresStatement) throws(PostgresError) {
        guard isOpen else { throw notOpen }
        let encoded = statement.parameters.map(\.encoded)
        let types = statement.parameters.map(\.type)
        let lengths = encoded.map { Int32(clamping: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: encoded.count)
        // One array with all bytes, so that every pointer lives through the call.
        var arena: [UInt8] = [0]
        var starts: [Int] = []
        for value in encoded {
            starts.append(arena.count)
            arena += value ?? []
        }
        let isSent = unsafe arena.withUnsafeBytes { bytes in
            let pointers = unsafe encoded.indices.map { index -> UnsafePointer<CChar>? in
                guard encoded[index] != nil, let base = bytes.baseAddress else { return nil }
                return unsafe (base + starts[index]).assumingMemoryBound(to: CChar.self)
            }
            return unsafe PQsendQueryParams(
                connection,
                statement.sql,
                Int32(encoded.count),
                types,
                pointers,
                lengths,
                formats,
                1
            )
        }
        try check(isSent == 1)
    }

    /// Sends what the library has kept back, and takes what comes meanwhile.
    func flush() throws(PostgresError) {
        while true {
            let state = unsafe PQflush(connection)
            if state == 0 { return }
            if state < 0 {
                // The server may have said why before it went.
                if unsafe PQconsumeInput(connection) == 1 { return }
                throw lost()
            }
            try wait(Int16(POLLIN | POLLOUT))
            if unsafe PQconsumeInput(connection) == 0 { return }
        }
    }

    /// Sends a piece of the data of a COPY; the server takes it before this returns, or its socket
    /// does.
    func put(_ bytes: Span<UInt8>) throws(PostgresError) {
        guard isOpen else { throw notOpen }
        while true {
            let state = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe buffer.withMemoryRebound(to: CChar.self) {
                    unsafe PQputCopyData(connection, $0.baseAddress, Int32(clamping: $0.count))
                }
            }
            if state == 1 { return try flush() }
            guard state == 0 else { throw resultOrLoss() }
            try wait(Int16(POLLOUT))
        }
    }

    /// Ends a COPY; with a reason it fails on the server.
    func endCopy(failing reason: String?) throws(PostgresError) {
        while true {
            let state = unsafe PQputCopyEnd(connection, reason)
            if state == 1 { return try flush() }
            guard state == 0 else { throw resultOrLoss() }
            try wait(Int16(POLLOUT))
        }
    }

    private func resultOrLoss() -> PostgresError {
        if let result = unsafe PQgetResult(connection) {
            let failure = unsafe failure(of: result)
            unsafe PQclear(result)
            if unsafe PQstatus(connection) != CONNECTION_BAD { return failure }
        }
        return lost()
    }

    func beginPipeline() throws(PostgresError) {
        guard isOpen else { throw notOpen }
        try check(unsafe PQenterPipelineMode(connection) == 1)
    }

    func syncPipeline() throws(PostgresError) {
        try check(unsafe PQpipelineSync(connection) == 1)
        try flush()
    }

    func endPipeline() throws(PostgresError) {
        try check(unsafe PQexitPipelineMode(connection) == 1)
    }

    // MARK: Results

    /// What comes next from the server.
    enum Answer {
        case rows(PostgresRows)
        case copyIn
        case copyOut
        /// The statement had an error, which ends its transaction.
        case failed(PostgresError)
        /// A statement before in the pipeline had one.
        case skipped
        case synced
        /// The statement is done.
        case end
    }

    /// Waits for what comes next.
    func next() throws(PostgresError) -> Answer {
        guard isOpen else { throw notOpen }
        while unsafe PQisBusy(connection) == 1 {
            try wait(Int16(POLLIN))
            // After a loss the library has one more result, which says why.
            if unsafe PQconsumeInput(connection) == 0 { break }
        }
        guard let result = unsafe PQgetResult(connection) else {
            if unsafe PQstatus(connection) == CONNECTION_BAD { throw lost() }
            return .end
        }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return unsafe .rows(PostgresRows(result))
        case PGRES_COPY_IN:
            unsafe PQclear(result)
            return .copyIn
        case PGRES_COPY_OUT:
            unsafe PQclear(result)
            return .copyOut
        case PGRES_PIPELINE_SYNC:
            unsafe PQclear(result)
            return .synced
        case PGRES_PIPELINE_ABORTED:
            unsafe PQclear(result)
            return .skipped
        default:
            let failure = unsafe failure(of: result)
            unsafe PQclear(result)
            if unsafe PQstatus(connection) == CONNECTION_BAD {
                close()
                throw isCommitting
                    ? PostgresError(.inDoubt, failure.message, sqlState: failure.sqlState)
                    : PostgresError(.unavailable, failure.message, sqlState: failure.sqlState)
            }
            return .failed(failure)
        }
    }

    /// Lends the next piece of a COPY to `body`; returns `false` after the last.
    func get(_ body: (Span<UInt8>) -> Void) throws(PostgresError) -> Bool {
        guard isOpen else { throw notOpen }
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = unsafe PQgetCopyData(connection, &buffer, 1)
            if count == 0 {
                try wait(Int16(POLLIN))
                if unsafe PQconsumeInput(connection) == 0 { throw lost() }
                continue
            }
            guard count > 0 else {
                if count == -1 { return false }
                throw resultOrLoss()
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: Int(count))
            unsafe body(Span<UInt8>(_bytes: RawSpan(_unsafeBytes: bytes)))
            unsafe PQfreemem(buffer)
            return true
        }
    }

    // MARK: Errors

    private var notOpen: PostgresError {
        PostgresError(.unavailable, "there is no connection")
    }

    private func failure(of result: OpaquePointer) -> PostgresError {
        func field(_ code: Unicode.Scalar) -> String? {
            guard let text = unsafe PQresultErrorField(result, Int32(code.value)) else {
                return nil
            }
            return unsafe Self.line(text)
        }
        let state = field("C") ?? ""
        let message = unsafe field("M") ?? Self.line(PQresultErrorMessage(result))
        return PostgresError(
            state.isEmpty ? .unavailable : PostgresError.kind(ofSQLState: state),
            message,
            sqlState: state,
            constraint: field("n")
        )
    }

    /// What a failed attempt to connect means: the text has the server's SQLSTATE, if the server said
    /// anything.
    private func connectionFailure() -> PostgresError {
        let message = unsafe Self.line(PQerrorMessage(connection))
        close()
        let words = message.split(separator: " ")
        for (number, word) in words.enumerated().dropFirst()
        where word.utf8.count == 6 && word.hasSuffix(":") && words[number - 1].hasSuffix(":") {
            let state = String(word.dropLast())
            guard state.utf8.allSatisfy({ 48...57 ~= $0 || 65...90 ~= $0 }),
                state.utf8.contains(where: { 48...57 ~= $0 })
            else { continue }
            let text = words[(number + 1)...].prefix { $0 != "LOCATION:" }.joined(separator: " ")
            return PostgresError(PostgresError.kind(ofSQLState: state), text, sqlState: state)
        }
        return PostgresError(.unavailable, message)
    }

    /// A text of the library on one line.
    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text).split { $0.isWhitespace }.joined(separator: " ")
    }
}
