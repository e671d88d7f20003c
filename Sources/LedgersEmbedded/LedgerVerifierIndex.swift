import Events
import Ledgers
import StreamsEmbedded

/// Compares the rows of an index with the bytes of the ledger, up to where the index says it is.
///
/// Rows of entries and dead letters are read in their order beside the frames, so that every missing,
/// extra and changed one is found. The tables that are sorted otherwise must have as many rows, and
/// the same sum over the hashes of all rows; only if they have not, their rows are looked up. What
/// SQLite does not use (free pages, gaps in pages) says nothing and is not looked at.
struct LedgerVerifierIndex {
    var found = EntryIndexVerification()
    private let files: LedgerFiles
    private let path: String
    /// What the rows of identifiers and of agents must sum up to.
    private var identifiers = LedgerVerifierSum()
    private var agents = LedgerVerifierSum()
    private var pending = 0

    init(_ files: LedgerFiles) {
        self.files = files
        path = EntryIndexFormat.path(files.folder)
    }

    /// Compares all rows; changes nothing, not even the files that SQLite keeps beside an open one.
    mutating func run(_ report: (Int) -> Void) {
        guard Folder.exists(path) else { return }
        let isInUse = EntryIndexFormat.isInUse(path)
        run(isInUse ? .read : .readUnchanging, report)
        if !isInUse, found.problems.count > 0, EntryIndexFormat.isInUse(path) {
            // A writer has come in between: what was read while it wrote proves nothing.
            self = Self(files)
            run(.read, report)
        }
    }

    private mutating func run(_ mode: SQLiteConnection.Mode, _ report: (Int) -> Void) {
        found.isPresent = true
        do throws(EntryIndexError) {
            let connection = try EntryIndexFormat.openForReading(path, mode)
            try wrap { () throws(SQLiteFailure) in try connection.execute("BEGIN") }
            let progress = try EntryIndexFormat.check(connection, path)
            (found.size, found.letters) = (progress.entries, progress.letters)
            try compare(connection, progress, report)
        } catch {
            switch error {
            case .ledger(let error): found.problems.note(error, files.folder)
            default: found.problems.note(error.description, path)
            }
        }
    }

    private func wrap<Result>(
        _ body: () throws(SQLiteFailure) -> Result
    ) throws(EntryIndexError) -> Result {
        try EntryIndexError.wrap(path, body)
    }

    private mutating func note(_ what: String, index: Int? = nil) {
        found.problems.note(what, path, index: index)
    }

    private mutating func compare(
        _ connection: SQLiteConnection,
        _ progress: EntryIndexProgress,
        _ report: (Int) -> Void
    ) throws(EntryIndexError) {
        let files = files
        let head = try EntryIndexError.reading { () throws(StorageError) in
            try LedgerHead.read(files.head)
        }
        guard (progress.segment, progress.position) <= (head.segment, head.position) else {
            return note("is ahead of the ledger")
        }
        var scan = try EntryIndexError.reading { () throws(StorageError) in
            try EntryIndexScan(files, upTo: head, segment: 0, position: 0)
        }
        var rows = try wrap { () throws(SQLiteFailure) in try LedgerVerifierRows(connection) }
        var place = (segment: 0, position: 0)
        var checksum = 0
        var counted = (entries: 0, letters: 0)
        while place < (progress.segment, progress.position) {
            guard
                let frame = try EntryIndexError.reading({ () throws(StorageError) in
                    try scan.next()
                })
            else { break }
            let isRecord = frame.header.kind != LedgerFiles.Kind.entries.rawValue
            try scan.withPayload { (payload) throws(EntryIndexError) in
                if isRecord {
                    try compare(record: payload, &rows, &counted)
                } else {
                    try compare(entries: payload, frame.header, &rows)
                }
            }
            if isRecord {
                (place, checksum) = ((scan.segment, frame.end), Int(frame.checksum))
            }
            report(found.rows)
        }
        if place != (progress.segment, progress.position) || checksum != progress.checksum {
            note("says that it ends where no commit ends")
        }
        if counted != (progress.entries, progress.letters) {
            note(
                "says \(progress.entries) entries and \(progress.letters) dead letters, not \(counted)"
            )
        }
        try compareRest(connection, &rows)
    }

    private mutating func compare(
        entries payload: Span<UInt8>,
        _ header: FrameHeader,
        _ rows: inout LedgerVerifierRows
    ) throws(EntryIndexError) {
        let ranges = EntriesFrame.ranges(of: payload, count: header.count) ?? []
        for (number, range) in ranges.enumerated() {
            let index = header.base + number
            while let row = rows.entry, row < index {
                note("a row of an entry that there is not", index: row)
                try wrap { () throws(SQLiteFailure) in try rows.nextEntry() }
            }
            guard rows.entry == index else {
                note("the row of the entry is missing", index: index)
                continue
            }
            guard let event = EventView(canonical: payload, in: range) else { continue }
            let id = payload.extracting(event.eventID)
            let agent = rows.agent
            let isRight = try wrap { () throws(SQLiteFailure) in
                try rows.isEntry(
                    id: id,
                    agent: payload.extracting(event.agentID),
                    time: event.timestamp.nanoseconds
                )
            }
            if !isRight { note("the row is not that of the entry", index: index) }
            identifiers.add(LedgerVerifierSum.hash(ofIdentifier: id), index)
            agents.add(UInt64(bitPattern: Int64(agent)), index)
            found.rows += 1
            try wrap { () throws(SQLiteFailure) in try rows.nextEntry() }
        }
        pending = header.count
    }

    private mutating func compare(
        record payload: Span<UInt8>,
        _ rows: inout LedgerVerifierRows,
        _ counted: inout (entries: Int, letters: Int)
    ) throws(EntryIndexError) {
        guard let record = LedgerRecord([UInt8](payload)) else { return }
        for (offset, letter) in record.refused.enumerated() {
            let number = record.lettersBefore + offset
            guard rows.letter == number else {
                note("the row of dead letter \(number) is missing or another")
                continue
            }
            if !rows.isLetter(letter) { note("the row is not that of dead letter \(number)") }
            found.rows += 1
            try wrap { () throws(SQLiteFailure) in try rows.nextLetter() }
        }
        counted.entries += pending
        counted.letters += record.refused.count
        pending = 0
    }

    /// Compares what is sorted otherwise, and finds rows behind the last ones.
    private mutating func compareRest(
        _ connection: SQLiteConnection,
        _ rows: inout LedgerVerifierRows
    ) throws(EntryIndexError) {
        while let row = rows.entry {
            note("a row of an entry that there is not", index: row)
            try wrap { () throws(SQLiteFailure) in try rows.nextEntry() }
        }
        while let number = rows.letter {
            note("a row of dead letter \(number), which there is not")
            try wrap { () throws(SQLiteFailure) in try rows.nextLetter() }
        }
        let stored = try wrap { () throws(SQLiteFailure) in
            try LedgerVerifierSum.stored(in: connection)
        }
        if stored.identifiers != identifiers {
            let wrong = try wrap { () throws(SQLiteFailure) in
                try Self.strayIdentifiers(connection)
            }
            for index in wrong { note("an identifier leads to another entry", index: index) }
            note("the list of identifiers is not that of the entries")
        }
        if stored.agents != agents {
            note("the list of agents' entries is not that of the entries")
        }
        let strays = try wrap { () throws(SQLiteFailure) in
            try LedgerVerifierSum.strayAgents(connection)
        }
        if strays > 0 { note("\(strays) agents cannot be found by their name") }
    }

    /// The indices of the first rows of identifiers that are not those of their entry.
    private static func strayIdentifiers(
        _ connection: SQLiteConnection
    ) throws(SQLiteFailure) -> [Int] {
        let statement = try connection.prepare(
            """
            SELECT i."index" FROM event_ids i LEFT JOIN entries e ON e."index" = i."index"
            WHERE e.event_id IS NOT i.event_id LIMIT \(LedgerProblems.limit)
            """
        )
        var indices: [Int] = []
        while try statement.step() { indices.append(statement.integer(0)) }
        return indices
    }
}
