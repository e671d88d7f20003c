import StreamsEmbedded

/// What the file `<ledger>/index.sqlite` holds: derived from the segments, and nothing else.
///
/// Its `application_id` is ``applicationID``, its `user_version` ``version``. An event's identifier
/// is a blob of 16 bytes if it is a UUID in lower case, else a text.
///
/// What is sorted by identifier, or by agent, is sorted within a run of ``runLength`` entries only,
/// and put in by that order: a transaction then writes pages of the newest run, however large the
/// index is, where one list sorted by random identifiers would have it write a page for each of
/// them. A search looks into each run, of which ten million entries have 39.
enum EntryIndexFormat {
    static let applicationID = 0x4341_5249
    static let version = 1
    static let runShift = 18
    /// How many entries a run has.
    static let runLength = 1 << runShift

    /// The schema, as SQLite keeps it: a file with any other is not used.
    static let schema = [
        """
        CREATE TABLE entries("index" INTEGER PRIMARY KEY, event_id NOT NULL, \
        agent INTEGER NOT NULL, time INTEGER NOT NULL)
        """,
        """
        CREATE TABLE agent_entries(run INTEGER NOT NULL, agent INTEGER NOT NULL, \
        "index" INTEGER NOT NULL, PRIMARY KEY(run, agent, "index")) WITHOUT ROWID
        """,
        """
        CREATE TABLE event_ids(run INTEGER NOT NULL, event_id NOT NULL, \
        "index" INTEGER NOT NULL, PRIMARY KEY(run, event_id, "index")) WITHOUT ROWID
        """,
        "CREATE TABLE agents(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """
        CREATE TABLE letters(number INTEGER PRIMARY KEY, offset INTEGER NOT NULL, \
        reason TEXT NOT NULL)
        """,
        """
        CREATE TABLE progress(one INTEGER PRIMARY KEY, entries INTEGER NOT NULL, \
        letters INTEGER NOT NULL, segment INTEGER NOT NULL, position INTEGER NOT NULL, \
        checksum INTEGER NOT NULL)
        """,
    ]

    static func path(_ ledger: String) -> String { "\(ledger)/index.sqlite" }

    /// Opens the index at `path` for writing, and makes it if there is none.
    ///
    /// After a power failure the last transactions may be missing (`synchronous` is NORMAL): rows and
    /// progress go together, and what is missing is read from the segments again.
    static func openForWriting(_ path: String) throws(EntryIndexError) -> SQLiteConnection {
        if !Folder.exists(path) { try make(path) }
        return try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            let connection = try SQLiteConnection(path, .update)
            let settings = """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                PRAGMA cache_size = -\(cacheKibibytes); PRAGMA temp_store = MEMORY;
                PRAGMA wal_autocheckpoint = \(checkpointPages);
                PRAGMA journal_size_limit = \(8 << 20); PRAGMA trusted_schema = OFF
                """
            try connection.execute(settings)
            guard try connection.integer("PRAGMA synchronous") == 1 else {
                throw SQLiteFailure(code: 0, message: "SQLite did not take 'synchronous = NORMAL'")
            }
            return connection
        }
    }

    /// Makes an index without rows, under another name first: at any moment there is a whole one or
    /// none, as half of one would be taken for damage.
    private static func make(_ path: String) throws(EntryIndexError) {
        let draft = "\(path).new"
        // What a process has left that was killed here.
        try remove(draft)
        try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            try SQLiteConnection(draft, .update).execute(
                """
                PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = WAL;
                BEGIN IMMEDIATE; \(schema.joined(separator: ";"));
                INSERT INTO progress VALUES(1, 0, 0, 0, 0, 0);
                PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version);
                COMMIT
                """
            )
        }
        try EntryIndexError.reading { () throws(StorageError) in
            try StorageError.wrap { () throws(FileError) in
                try Folder.renameFile(draft, to: path)
            }
        }
    }

    /// The most memory that pages take while the index is written, in KiB.
    private static let cacheKibibytes = 64 << 10
    /// How many pages the write-ahead log holds before they are brought into the file: many, as
    /// random identifiers change the same pages again and again.
    private static let checkpointPages = 8_192

    /// Opens the index at `path` for reading.
    static func openForReading(
        _ path: String,
        _ mode: SQLiteConnection.Mode = .read
    ) throws(EntryIndexError) -> SQLiteConnection {
        guard Folder.exists(path) else { throw .missing(path: path) }
        return try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            let connection = try SQLiteConnection(path, mode)
            try connection.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            return connection
        }
    }

    /// Reads how far the index is, and throws if the file is none of this version.
    static func check(
        _ connection: SQLiteConnection,
        _ path: String
    ) throws(EntryIndexError) -> EntryIndexProgress {
        let (identity, found) = try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            (
                try connection.integer("PRAGMA application_id"),
                try connection.integer("PRAGMA user_version") ?? 0
            )
        }
        guard identity == applicationID else {
            throw .unusable(path: path, reason: "is no index of a ledger")
        }
        if found > version { throw .newerVersion(path: path, found: found, known: version) }
        guard found == version else {
            throw .unusable(path: path, reason: "is of format \(found), which is unknown")
        }
        let isOurs = try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            try storedSchema(connection) == schema
        }
        guard isOurs else { throw .unusable(path: path, reason: "has other tables than an index") }
        let progress = try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
            try EntryIndexProgress(connection)
        }
        guard let progress else {
            throw .unusable(path: path, reason: "does not say how far it is")
        }
        return progress
    }

    private static func storedSchema(
        _ connection: SQLiteConnection
    ) throws(SQLiteFailure) -> [String] {
        let statement = try connection.prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        )
        var texts: [String] = []
        while try statement.step() {
            texts.append(statement.withBytes(0) { String(decoding: [UInt8]($0), as: UTF8.self) })
        }
        return texts
    }

    /// Whether somebody has the index open for writing, or has left it without bringing its log in.
    static func isInUse(_ path: String) -> Bool { Folder.exists("\(path)-wal") }

    /// Removes the index, durably, with what SQLite keeps beside it.
    static func remove(_ path: String) throws(EntryIndexError) {
        for name in [path, "\(path)-journal", "\(path)-wal", "\(path)-shm"]
        where Folder.exists(name) {
            try EntryIndexError.reading { () throws(StorageError) in
                try StorageError.wrap { () throws(FileError) in try Folder.removeFile(name) }
            }
        }
    }
}
