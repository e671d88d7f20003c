public import Events
import Ledgers
import Streams
import StreamsEmbedded
import Synchronization

/// Finds the entries of a ledger by event, agent and time: a SQLite file beside the ledger.
///
/// Derived from the segments, and never needed by them: it follows behind, says how far it is, and
/// can be deleted and made anew. One process writes it, any number read it. The actor's work blocks,
/// on a thread of its own.
public actor EntryIndex {
    /// How many rows a transaction has at least, if there are as many.
    public static let transactionRows = 50_000

    private let executor = BlockingExecutor(label: "caracal.index")
    private let files: LedgerFiles
    private let transactionRows: Int
    /// Where the index is.
    public nonisolated let path: String
    private let published: Mutex<EntryIndexProgress>
    private var connection: SQLiteConnection?
    private var writer: EntryIndexWriter?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// How far the index is, as committed by this process or found by it at the opening.
    public nonisolated var progress: EntryIndexProgress { published.withLock { $0 } }

    private init(_ ledger: String, transactionRows: Int) {
        files = LedgerFiles(ledger)
        path = EntryIndexFormat.path(ledger)
        self.transactionRows = transactionRows
        published = Mutex(EntryIndexProgress())
    }

    /// Opens the index of the ledger in the folder `ledger` for writing, and makes it if there is none.
    ///
    /// - Parameters:
    ///   - ledger: The ledger's folder; whoever writes its index holds its lock.
    ///   - transactionRows: How many rows a transaction has, if there are as many; memory grows with it,
    ///     by about 60 bytes a row.
    /// - Returns: The index; nothing is read from the ledger yet.
    /// - Throws: ``EntryIndexError``, with nothing changed.
    public static func open(
        _ ledger: String,
        transactionRows: Int = EntryIndex.transactionRows
    ) async throws(EntryIndexError) -> EntryIndex {
        let index = EntryIndex(ledger, transactionRows: max(1, transactionRows))
        try await index.connect()
        return index
    }

    /// Opens the index for queries only.
    ///
    /// - Throws: ``EntryIndexError``: `missing` if there is none, `unusable`, `newerVersion`.
    public static func openForReading(
        _ ledger: String
    ) async throws(EntryIndexError) -> EntryIndex {
        let index = EntryIndex(ledger, transactionRows: transactionRows)
        try await index.connectForReading()
        return index
    }

    private func connect() throws(EntryIndexError) {
        let connection = try EntryIndexFormat.openForWriting(path)
        try adopt(connection)
        writer = try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            try EntryIndexWriter(connection)
        }
    }

    private func connectForReading() throws(EntryIndexError) {
        try adopt(EntryIndexFormat.openForReading(path))
    }

    private func adopt(_ connection: SQLiteConnection) throws(EntryIndexError) {
        let progress = try EntryIndexFormat.check(connection, path)
        self.connection = connection
        published.withLock { $0 = progress }
    }

    /// Deletes the index and makes it anew, from the first entry to the published end.
    ///
    /// Works on any file, damaged or not. Stops between transactions when the task is cancelled.
    ///
    /// - Parameters:
    ///   - ledger: The ledger's folder; whoever does this holds its lock.
    ///   - report: Is shown how far it is after each transaction.
    /// - Returns: The index, open for writing.
    /// - Throws: ``EntryIndexError``.
    public static func rebuild(
        _ ledger: String,
        report: @Sendable (EntryIndexProgress) -> Void = { _ in }
    ) async throws(EntryIndexError) -> EntryIndex {
        let index = EntryIndex(ledger, transactionRows: transactionRows)
        try await index.removeFile()
        try await index.connect()
        try await index.follow(report: report)
        return index
    }

    private func removeFile() throws(EntryIndexError) {
        try EntryIndexFormat.remove(path)
    }

    /// Lets go of the file.
    public func close() {
        writer = nil
        connection = nil
    }

    /// Adds rows for what is published, in transactions, until there are rows for `size` entries or
    /// for all; stops between transactions when the task is cancelled.
    ///
    /// Reads the ledger's files as every reader does: its writer waits for nothing here.
    ///
    /// - Parameters:
    ///   - size: The number of entries that suffices; `nil` for what is published at the end.
    ///   - report: Is shown how far it is after each transaction.
    /// - Throws: ``EntryIndexError``; what was committed before is kept.
    public func follow(
        until size: Int? = nil,
        report: @Sendable (EntryIndexProgress) -> Void = { _ in }
    ) throws(EntryIndexError) {
        while !Task.isCancelled {
            if let size, progress.entries >= size { return }
            let before = progress
            try step()
            if progress == before { return }
            report(progress)
        }
    }

    /// One transaction.
    private func step() throws(EntryIndexError) {
        guard var writer else { throw .unavailable(path: path, reason: "is not open for writing") }
        let start = progress
        let head = try EntryIndexError.reading { [files] () throws(StorageError) in
            _ = try LedgerFiles.format.check(files.folder)
            return try LedgerHead.read(files.head)
        }
        guard (start.segment, start.position) <= (head.segment, head.position),
            start.entries <= head.size
        else { throw .unusable(path: path, reason: "is ahead of the ledger") }
        if (start.segment, start.position) == (head.segment, head.position) { return }
        var step = EntryIndexStep(start, path: path)
        try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            try writer.beginTransaction()
        }
        self.writer = nil
        do throws(EntryIndexError) {
            try step.run(files, upTo: head, rows: transactionRows, &writer)
            try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
                try writer.commit(step.progress)
            }
        } catch {
            // A connection that cannot even roll back is not used again: opening anew finds what was
            // committed.
            try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in try writer.rollBack() }
            self.writer = writer
            throw error
        }
        self.writer = writer
        published.withLock { $0 = step.progress }
    }

    /// The indices of the entries that have an event's identifier, rising; mostly one or none.
    ///
    /// - Parameters:
    ///   - eventID: The identifier, exactly.
    ///   - limit: The most indices.
    /// - Returns: Indices below the index's progress.
    /// - Throws: ``EntryIndexError``.
    public func indices(
        ofEvent eventID: String,
        limit: Int = 1_000
    ) throws(EntryIndexError) -> [Int] {
        try query { (connection) throws(SQLiteFailure) in
            let statement = try connection.prepare(
                """
                SELECT "index" FROM event_ids WHERE run = ?3 AND event_id = ?1
                ORDER BY "index" LIMIT ?2
                """
            )
            try EntryIndexKey.bind(eventID.utf8Span.span, to: statement, 1)
            return try Self.indices(
                statement,
                of: "event_ids",
                connection,
                startingAt: 0,
                limit: limit
            )
        }
    }

    /// What a statement finds in the runs from that of an entry on: parameter 2 is the limit, 3 the run.
    private static func indices(
        _ statement: SQLiteStatement,
        of table: String,
        _ connection: SQLiteConnection,
        startingAt first: Int,
        limit: Int
    ) throws(SQLiteFailure) -> [Int] {
        var indices: [Int] = []
        let runs = try connection.prepare(
            "SELECT run FROM \(table) WHERE run >= ?1 ORDER BY run LIMIT 1"
        )
        runs.bind(1, max(0, first) >> EntryIndexFormat.runShift)
        while indices.count < limit, try runs.step() {
            let run = runs.integer(0)
            runs.reset()
            statement.bind(2, limit - indices.count)
            statement.bind(3, run)
            while try statement.step() { indices.append(statement.integer(0)) }
            if run == .max { break }
            runs.bind(1, run + 1)
        }
        return indices
    }

    /// A page of the indices of entries that match, rising: ask again from behind the last one until
    /// a page is empty.
    ///
    /// - Parameters:
    ///   - agent: Only entries of this agent.
    ///   - from: Only events from this time on.
    ///   - to: Only events before this time.
    ///   - first: The index to begin with.
    ///   - limit: The most indices.
    /// - Returns: Indices below the index's progress.
    /// - Throws: ``EntryIndexError``.
    public func page(
        agent: String? = nil,
        from: EventTime? = nil,
        to: EventTime? = nil,
        startingAt first: Int = 0,
        limit: Int = 10_000
    ) throws(EntryIndexError) -> [Int] {
        try query { (connection) throws(SQLiteFailure) in
            let before = to == nil ? "" : "AND time < ?6"
            let isTimed = from != nil || to != nil
            let statement = try connection.prepare(
                agent == nil
                    ? """
                    SELECT "index" FROM entries WHERE "index" >= ?1 AND time >= ?5 \(before)
                    ORDER BY "index" LIMIT ?2
                    """
                    : """
                    SELECT "index" FROM agent_entries JOIN agents ON agents.id = agent_entries.agent
                    \(isTimed ? #"JOIN entries USING("index")"# : "")
                    WHERE name = ?4 AND run = ?3 AND "index" >= ?1
                    \(isTimed ? "AND time >= ?5 \(before)" : "") ORDER BY "index" LIMIT ?2
                    """
            )
            statement.bind(1, first)
            if isTimed || agent == nil { statement.bind(5, Int(from?.nanoseconds ?? .min)) }
            if let to { statement.bind(6, Int(to.nanoseconds)) }
            if let agent {
                try statement.bind(4, text: agent.utf8Span.span)
                return try Self.indices(
                    statement,
                    of: "agent_entries",
                    connection,
                    startingAt: first,
                    limit: limit
                )
            }
            statement.bind(2, limit)
            var indices: [Int] = []
            while try statement.step() { indices.append(statement.integer(0)) }
            return indices
        }
    }

    private func query<Result>(
        _ body: (SQLiteConnection) throws(SQLiteFailure) -> Result
    ) throws(EntryIndexError) -> Result {
        guard let connection else { throw .unavailable(path: path, reason: "is closed") }
        return try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in try body(connection) }
    }
}
