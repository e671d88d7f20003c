import Ledgers
import StreamsPostgres

/// The checkpoints of a partition by rising size, a page at a time.
struct CheckpointPages {
    struct Row {
        let size: Int
        let root: [UInt8]
        let range: [UInt8]
        let note: [UInt8]
    }

    private let session: PostgresSession
    private let partition: Int
    /// The page at hand, the next one last.
    private var page: [Row] = []
    private var lastSize = 0
    private var isAtEnd = false

    init(_ session: PostgresSession, _ partition: Int) {
        self.session = session
        self.partition = partition
    }

    /// The next checkpoint, until it is dropped.
    mutating func next() throws(LedgerError) -> Row? {
        if page.isEmpty, !isAtEnd { try read() }
        return page.last
    }

    mutating func drop() {
        page.removeLast()
    }

    private mutating func read() throws(LedgerError) {
        let (partition, lastSize) = (partition, lastSize)
        let rows = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                """
                SELECT size, root, range, note FROM caracal.checkpoints
                WHERE partition = $1::bigint::integer AND size > $2 ORDER BY size LIMIT 1000
                """,
                [.integer(partition), .integer(lastSize)]
            )
        }
        isAtEnd = rows.count == 0
        page = (0..<rows.count).reversed().map { row in
            Row(
                size: rows.integer(row, 0) ?? 0,
                root: rows.bytes(row, 1),
                range: rows.bytes(row, 2),
                note: rows.bytes(row, 3)
            )
        }
        self.lastSize = page.first?.size ?? lastSize
    }
}
