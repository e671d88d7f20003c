import Ledgers

/// Puts rows into an index, a transaction at a time, with statements that are compiled once.
struct EntryIndexWriter {
    private let connection: SQLiteConnection
    private let begin: SQLiteStatement
    private let end: SQLiteStatement
    private let insertEntry: SQLiteStatement
    private let insertID: SQLiteStatement
    private let insertAgent: SQLiteStatement
    private let insertLetter: SQLiteStatement
    private let moveProgress: SQLiteStatement
    private var agents: EntryIndexAgents

    /// The identifiers of this transaction, put in by their order at its end.
    private var identifiers: [(words: (UInt64, UInt64), index: Int)] = []
    /// Those that are no UUID: their bytes in ``arena``.
    private var texts: [(range: Range<Int>, index: Int)] = []
    private var arena: [UInt8] = []
    /// Which agent each entry of this transaction is of.
    private var owners: [(agent: Int, index: Int)] = []

    init(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        self.connection = connection
        begin = try connection.prepare("BEGIN IMMEDIATE")
        end = try connection.prepare("COMMIT")
        insertEntry = try connection.prepare("INSERT INTO entries VALUES(?1, ?2, ?3, ?4)")
        insertID = try connection.prepare("INSERT INTO event_ids VALUES(?3, ?1, ?2)")
        insertAgent = try connection.prepare("INSERT INTO agent_entries VALUES(?1, ?2, ?3)")
        insertLetter = try connection.prepare("INSERT INTO letters VALUES(?1, ?2, ?3)")
        moveProgress = try connection.prepare(
            """
            UPDATE progress SET entries = ?1, letters = ?2, segment = ?3, position = ?4, checksum = ?5
            """
        )
        agents = try EntryIndexAgents(connection)
    }

    mutating func beginTransaction() throws(SQLiteFailure) {
        identifiers.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        try begin.run()
    }

    /// Adds the row of an entry.
    mutating func add(
        _ index: Int,
        id: Span<UInt8>,
        agent: Span<UInt8>,
        time: Int64
    ) throws(SQLiteFailure) {
        let agent = try agents.number(of: agent)
        insertEntry.bind(1, index)
        if let words = EntryIndexKey.uuid(id) {
            try EntryIndexKey.bind(words, to: insertEntry, 2)
            identifiers.append((words, index))
        } else {
            try insertEntry.bind(2, text: id)
            let start = arena.count
            arena.append(addingCapacity: id.count) { output in
                for index in id.indices { output.append(id[index]) }
            }
            texts.append((start..<arena.count, index))
        }
        insertEntry.bind(3, agent)
        insertEntry.bind(4, Int(time))
        try insertEntry.run()
        owners.append((agent, index))
    }

    /// Adds the row of a dead letter.
    func add(letter number: Int, _ letter: RefusedRecord) throws(SQLiteFailure) {
        insertLetter.bind(1, number)
        insertLetter.bind(2, letter.offset)
        try insertLetter.bind(3, text: letter.reason.rawValue.utf8Span.span)
        try insertLetter.run()
    }

    /// Puts in the identifiers, and commits everything with `progress`.
    mutating func commit(_ progress: EntryIndexProgress) throws(SQLiteFailure) {
        try insertIdentifiers()
        try insertOwners()
        let numbers = [
            progress.entries, progress.letters, progress.segment, progress.position,
            progress.checksum,
        ]
        for (number, value) in numbers.enumerated() { moveProgress.bind(Int32(number + 1), value) }
        try moveProgress.run()
        try end.run()
    }

    private mutating func insertIdentifiers() throws(SQLiteFailure) {
        identifiers.sort {
            let runs = (
                $0.index >> EntryIndexFormat.runShift, $1.index >> EntryIndexFormat.runShift
            )
            if runs.0 != runs.1 { return runs.0 < runs.1 }
            return ($0.words.0, $0.words.1, $0.index) < ($1.words.0, $1.words.1, $1.index)
        }
        for identifier in identifiers {
            try EntryIndexKey.bind(identifier.words, to: insertID, 1)
            insertID.bind(2, identifier.index)
            insertID.bind(3, identifier.index >> EntryIndexFormat.runShift)
            try insertID.run()
        }
        let bytes = arena
        texts.sort { bytes[$0.range].lexicographicallyPrecedes(bytes[$1.range]) }
        for text in texts {
            try insertID.bind(1, text: bytes.span.extracting(text.range))
            insertID.bind(2, text.index)
            insertID.bind(3, text.index >> EntryIndexFormat.runShift)
            try insertID.run()
        }
    }

    private mutating func insertOwners() throws(SQLiteFailure) {
        owners.sort { ($0.agent, $0.index) < ($1.agent, $1.index) }
        for owner in owners {
            insertAgent.bind(1, owner.index >> EntryIndexFormat.runShift)
            insertAgent.bind(2, owner.agent)
            insertAgent.bind(3, owner.index)
            try insertAgent.run()
        }
    }

    /// Forgets what was added since the transaction began.
    mutating func rollBack() throws(SQLiteFailure) {
        agents.forget()
        try connection.execute("ROLLBACK")
    }
}

/// The numbers of agents: those seen of late in memory, all in the database.
struct EntryIndexAgents {
    /// The most names that are kept in memory, and the most bytes of them.
    private static let limit = (names: 1 << 16, bytes: 4 << 20)

    private let find: SQLiteStatement
    private let insert: SQLiteStatement
    private let newest: SQLiteStatement
    /// By a hash of the name: the number, and where the name lies in ``arena``.
    private var known: [UInt64: (number: Int, name: Range<Int>)] = [:]
    private var arena: [UInt8] = []

    init(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        find = try connection.prepare("SELECT id FROM agents WHERE name = ?1")
        insert = try connection.prepare("INSERT INTO agents(name) VALUES(?1)")
        newest = try connection.prepare("SELECT last_insert_rowid()")
    }

    /// The number of an agent, who gets one if this is the first entry.
    mutating func number(of name: Span<UInt8>) throws(SQLiteFailure) -> Int {
        let hash = name.hash64
        if let entry = known[hash], arena.span.extracting(entry.name).isEqual(to: name) {
            return entry.number
        }
        let number = try lookUp(name)
        if known.count >= Self.limit.names || arena.count >= Self.limit.bytes { forget() }
        let start = arena.count
        arena.append(addingCapacity: name.count) { output in
            for index in name.indices { output.append(name[index]) }
        }
        known[hash] = (number, start..<arena.count)
        return number
    }

    private func lookUp(_ name: Span<UInt8>) throws(SQLiteFailure) -> Int {
        try find.bind(1, text: name)
        if try find.step() {
            let number = find.integer(0)
            find.reset()
            return number
        }
        try insert.bind(1, text: name)
        try insert.run()
        defer { newest.reset() }
        return try newest.step() ? newest.integer(0) : 0
    }

    mutating func forget() {
        known.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
    }
}

extension Span<UInt8> {
    /// A hash of the bytes that is the same in every process; no defence against chosen collisions.
    var hash64: UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(count)
        var offset = 0
        while offset + 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            hash = (hash ^ UInt64(littleEndian: word)).mixed
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < count {
            rest = rest << 8 | UInt64(self[offset])
            offset += 1
        }
        return (hash ^ rest).mixed
    }
}

extension UInt64 {
    /// The product with an odd constant, its halves folded onto each other.
    var mixed: UInt64 {
        let product = multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low ^ self &* 0x94D0_49BB_1331_11EB
    }
}
