import Ledgers

/// The rows of an index in their order, one entry and one dead letter at a time.
struct LedgerVerifierRows {
    /// The most agents whose names' hashes are kept, 32 bytes each.
    private static let agentLimit = 1 << 18

    private let entries: SQLiteStatement
    private let letters: SQLiteStatement
    private let name: SQLiteStatement
    private var agents: [Int: UInt64] = [:]
    /// The index of the entry, and the number of the dead letter, that the row at hand is of.
    private(set) var entry: Int?
    private(set) var letter: Int?

    init(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        entries = try connection.prepare(
            #"SELECT "index", event_id, agent, time FROM entries ORDER BY "index""#
        )
        letters = try connection.prepare(
            "SELECT number, offset, reason FROM letters ORDER BY number"
        )
        name = try connection.prepare("SELECT name FROM agents WHERE id = ?1")
        try nextEntry()
        try nextLetter()
    }

    mutating func nextEntry() throws(SQLiteFailure) {
        entry = try entries.step() ? entries.integer(0) : nil
    }

    mutating func nextLetter() throws(SQLiteFailure) {
        letter = try letters.step() ? letters.integer(0) : nil
    }

    /// The number of the agent of the row at hand.
    var agent: Int { entries.integer(2) }

    /// Whether the row at hand says this of its entry; names of agents are compared by a hash.
    mutating func isEntry(
        id: Span<UInt8>,
        agent: Span<UInt8>,
        time: Int64
    ) throws(SQLiteFailure) -> Bool {
        guard entries.type(2) == .integer, entries.type(3) == .integer,
            entries.integer(3) == Int(time), EntryIndexKey.matches(id, entries, 1)
        else { return false }
        let number = entries.integer(2)
        if let known = agents[number] { return known == agent.hash64 }
        name.bind(1, number)
        guard try name.step(), name.type(0) == .text else {
            name.reset()
            return false
        }
        let hash = name.withBytes(0) { $0.hash64 }
        name.reset()
        if agents.count >= Self.agentLimit { agents.removeAll(keepingCapacity: true) }
        agents[number] = hash
        return hash == agent.hash64
    }

    /// Whether the row at hand says this of its dead letter.
    func isLetter(_ letter: RefusedRecord) -> Bool {
        letters.type(1) == .integer && letters.integer(1) == letter.offset
            && letters.type(2) == .text
            && letters.withBytes(2) { $0.isEqual(to: letter.reason.rawValue.utf8Span.span) }
    }
}

/// How many rows a table has, and a sum over hashes of them that does not depend on their order.
struct LedgerVerifierSum: Equatable {
    private var count = 0
    private var sum: UInt64 = 0

    /// Adds a row; one that lies in another run than its own does not count.
    mutating func add(_ key: UInt64, _ index: Int, run: Int? = nil) {
        if let run, run != index >> EntryIndexFormat.runShift { return }
        count += 1
        sum &+= (key.mixed ^ UInt64(bitPattern: Int64(index))).mixed
    }

    /// The hash of an identifier, however it is kept.
    static func hash(ofIdentifier text: Span<UInt8>) -> UInt64 {
        EntryIndexKey.uuid(text).map(hash(ofWords:)) ?? text.hash64
    }

    private static func hash(ofWords words: (UInt64, UInt64)) -> UInt64 {
        (words.0.mixed ^ words.1).mixed
    }

    /// The sums of the identifiers' table and of the agents'.
    static func stored(
        in connection: SQLiteConnection
    ) throws(SQLiteFailure) -> (identifiers: Self, agents: Self) {
        var sums = (identifiers: Self(), agents: Self())
        let identifiers = try connection.prepare(
            #"SELECT run, event_id, "index" FROM event_ids"#
        )
        // A value of another type may read the same and still not be found: its row does not count.
        while try identifiers.step() {
            guard identifiers.type(0) == .integer, identifiers.type(2) == .integer else { continue }
            let type = identifiers.type(1)
            let hash = identifiers.withBytes(1) { bytes -> UInt64? in
                if type == .text { return bytes.hash64 }
                guard type == .blob, bytes.count == 16 else { return nil }
                return Self.hash(ofWords: (bytes.bigEndianWord(0), bytes.bigEndianWord(8)))
            }
            guard let hash else { continue }
            sums.identifiers.add(hash, identifiers.integer(2), run: identifiers.integer(0))
        }
        let agents = try connection.prepare(
            #"SELECT run, agent, "index" FROM agent_entries"#
        )
        while try agents.step() {
            guard (0..<3 as Range<Int32>).allSatisfy({ agents.type($0) == .integer }) else {
                continue
            }
            let agent = UInt64(bitPattern: Int64(agents.integer(1)))
            sums.agents.add(agent, agents.integer(2), run: agents.integer(0))
        }
        return sums
    }

    /// How many agents another row, or none, is found for by their name.
    static func strayAgents(_ connection: SQLiteConnection) throws(SQLiteFailure) -> Int {
        try connection.integer(
            """
            SELECT count(*) FROM agents a NOT INDEXED
            WHERE a.id IS NOT (SELECT b.id FROM agents b WHERE b.name = a.name)
            """
        ) ?? 0
    }
}
