import Ledgers
import StreamsPostgres

/// The offsets of a partition's dead letters, rising, a page at a time.
struct LetterPages {
    private let session: PostgresSession
    private let partition: Int
    /// The page at hand, the next one last.
    private var page: [Int] = []
    private var last = -1
    private var isAtEnd = false

    init(_ session: PostgresSession, _ partition: Int) {
        self.session = session
        self.partition = partition
    }

    /// The offset that was looked at last, until it is dropped.
    var current: Int? { page.last }

    /// The next offset, until it is dropped.
    mutating func next() throws(LedgerError) -> Int? {
        if page.isEmpty, !isAtEnd { try read() }
        return page.last
    }

    mutating func drop() {
        page.removeLast()
    }

    private mutating func read() throws(LedgerError) {
        let (partition, last) = (partition, last)
        let rows = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                """
                SELECT source_offset FROM caracal.dead_letters
                WHERE partition = $1 AND source_offset > $2 ORDER BY source_offset LIMIT 4096
                """,
                [.integer(partition), .integer(last)]
            )
        }
        isAtEnd = rows.count == 0
        page = (0..<rows.count).reversed().compactMap { rows.integer($0, 0) }
        self.last = page.first ?? last
    }
}
