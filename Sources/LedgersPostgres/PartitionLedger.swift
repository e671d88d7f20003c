import Cryptography
import Events
import Ledgers
import Merkle
import Streams
import StreamsPostgres

/// One partition's ledger in the database, with its connection, on a thread of its own.
actor PartitionLedger {
    private let executor = BlockingExecutor(label: "caracal.ledger")
    private let interrupt = PostgresInterrupt()
    private let settings: PostgresSettings
    let partition: Int
    let options: PostgresLedgerStore.Options
    private var session: PostgresSession?
    private let rows = EntryRows()
    private var readBack = PayloadHashes()
    /// The tree's edge as it is stored, if it is known.
    private var frontier: TileFrontier?
    /// The hash over where the entries came from, as it is stored beside ``frontier``.
    private var sourceHash = Digest()
    /// The same with the batch in the open transaction.
    private var nextSources = SourceHash.Result(hash: Digest(), sum: 0, moment: 0)
    /// Below this index there is a table, and another one behind it.
    private var preparedIndex = 0
    /// Counts claims and failures, so that a commit notices one that came while it was signed.
    private var generation = 0
    /// The cursor of the open transaction's beginning, while its batch is being signed.
    private var sealedCursor: Cursor?
    /// Whether a transaction may yet be committed by a server process that nobody talks to.
    private var isInDoubt = false
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(
        _ partition: Int,
        _ settings: PostgresSettings,
        _ options: PostgresLedgerStore.Options
    ) {
        self.partition = partition
        self.options = options
        self.settings = settings
    }

    func close() {
        isClosed = true
        giveUp()
        session?.close()
        session = nil
    }

    // MARK: The connection

    /// Forgets the transaction at hand, if there is one.
    private func giveUp() {
        generation += 1
        sealedCursor = nil
        session?.rollBack()
    }

    /// The connection, made anew if there is none.
    private func connected() throws(LedgerError) -> PostgresSession {
        guard !isClosed else { throw .unavailable(reason: "the partition was given up") }
        if let session, session.isOpen { return session }
        preparedIndex = 0
        let made = try LedgerError.wrap { () throws(PostgresError) in
            try PostgresSession(settings, interrupt: interrupt)
        }
        try LedgerSchema.check(made)
        session = made
        return made
    }

    /// Runs `body`, whose waits end when the task is cancelled, and the connection with them.
    private func interruptible<Value>(
        _ body: () throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        // One that was meant for the call before does not end this one.
        interrupt.reset()
        let result = await withTaskCancellationHandler {
            // Only what captures the actor stays on its thread.
            preconditionIsolated()
            return Result { () throws(LedgerError) in try body() }
        } onCancel: {
            interrupt.fire()
        }
        if case .failure(let error) = result {
            if case .inDoubt = error { (isInDoubt, frontier) = (true, nil) }
            giveUp()
            // A connection that takes no writes may be to a server that is no longer the one that
            // does, and keeps its defaults for as long as it lives.
            if case .notWritable = error { session?.close() }
        }
        return try result.get()
    }

    // MARK: Claims and cursors

    func claim() async throws(LedgerError) -> LedgerClaim {
        let topicID = try await options.topicID()
        giveUp()
        return try await interruptible { () throws(LedgerError) in
            let session = try connected()
            try prepareTables(session, upTo: 0)
            let stored = StoredLedger(session, partition, options)
            return try LedgerError.wrap { () throws(PostgresError) in
                try PartitionLock.begin(session, partition, patience: options.patience)
                isInDoubt = false
            } then: { () throws(LedgerError) in
                let cursor = try stored.raiseEpoch(topicID: topicID)
                let tree = try stored.tree()
                let range = tree.frontier.range
                try stored.checkEnd(range.size)
                let marks = try stored.marks()
                do throws(PostgresError) {
                    try session.commit()
                } catch {
                    // An epoch that nobody has is passed over by the next claim.
                    throw .unavailable(reason: error.description)
                }
                (frontier, sourceHash) = (tree.frontier, tree.sourceHash)
                return LedgerClaim(cursor: cursor, tree: range, note: tree.note, marks: marks)
            }
        }
    }

    func cursor() async throws(LedgerError) -> Cursor {
        if let sealedCursor { return sealedCursor }
        return try await interruptible { () throws(LedgerError) in try currentCursor() }
    }

    /// Reads the cursor; after a commit in doubt, not before its transaction has ended.
    private func currentCursor() throws(LedgerError) -> Cursor {
        let session = try connected()
        if isInDoubt {
            try LedgerError.wrap { () throws(PostgresError) in
                try PartitionLock.begin(session, partition, patience: options.patience)
            }
            session.rollBack()
            isInDoubt = false
        }
        return try StoredLedger(session, partition, options).cursor()
    }

    func recentEvents(limit: Int) async throws(LedgerError) -> EventIDWindow {
        guard sealedCursor == nil else {
            throw .unavailable(reason: "a batch is being signed")
        }
        return try await interruptible { () throws(LedgerError) in
            try StoredLedger(try connected(), partition, options).recentEvents(limit: limit)
        }
    }

    // MARK: Commits

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        giveUp()
        guard batch.count > 0 else {
            return try await interruptible { () throws(LedgerError) in
                let session = try connected()
                try begin(batch, session)
                try finish(session, try statements(batch, session).all)
            }
        }
        let leaves = try await interruptible { () throws(LedgerError) in
            let session = try connected()
            try prepareTables(session, upTo: batch.after.size)
            try loadFrontier(session, batch)
            try begin(batch, session)
            return try readBack(batch, session)
        }
        let note = try await sealed(batch, leaves, seal)
        try await interruptible { () throws(LedgerError) in
            guard let session, var frontier else { throw .unavailable(reason: "closed") }
            let full = frontier.append(leaves)
            guard frontier.range == batch.after else {
                throw .verificationFailed(index: batch.firstIndex)
            }
            var statements = try statements(batch, session)
            statements.add(note, full, partial: frontier.bytes, nextSources)
            try finish(session, statements.all)
            (self.frontier, sourceHash) = (frontier, nextSources.hash)
        }
    }

    /// The statements that every batch ends with.
    private func statements(
        _ batch: LedgerBatch,
        _ session: PostgresSession
    ) throws(LedgerError) -> BatchStatements {
        let last =
            batch.refused.isEmpty
            ? Digest() : try StoredLedger(session, partition, options).lastLetterHash()
        return BatchStatements(batch, partition, after: last)
    }

    /// Has the batch signed; meanwhile the partition may be claimed, and then it is given up.
    private func sealed(
        _ batch: LedgerBatch,
        _ leaves: [Digest],
        _ seal: LedgerSeal
    ) async throws(LedgerError) -> [UInt8] {
        let generation = generation
        sealedCursor = Cursor(nextOffset: batch.offsets.lower, epoch: batch.epoch)
        let note: [UInt8]
        do throws(LedgerError) {
            note = try await seal(leaves)
        } catch {
            if self.generation == generation { giveUp() }
            throw error
        }
        guard self.generation == generation else {
            let current = try await cursor()
            if current != Cursor(nextOffset: batch.offsets.lower, epoch: batch.epoch) {
                throw .fenced(current: current)
            }
            throw .unavailable(reason: "the transaction was given up while a batch was signed")
        }
        sealedCursor = nil
        return note
    }

    /// Has the tables made that the indices below `index` need.
    private func prepareTables(
        _ session: PostgresSession,
        upTo index: Int
    ) throws(LedgerError) {
        guard index > preparedIndex || preparedIndex == 0 else { return }
        let rows = try LedgerError.wrap { () throws(PostgresError) in
            try session.query(
                "SELECT caracal.extend_entries($1::bigint::integer, $2)",
                [.integer(partition), .integer(index)]
            )
        }
        preparedIndex = rows.count == 1 ? rows.integer(0, 0) ?? 0 : 0
    }

    /// Sees that the tree's edge is at hand.
    private func loadFrontier(
        _ session: PostgresSession,
        _ batch: LedgerBatch
    ) throws(LedgerError) {
        if let frontier, frontier.range == batch.before { return }
        frontier = nil
        let tree = try StoredLedger(session, partition, options).tree()
        guard tree.frontier.range == batch.before else {
            let current = try currentCursor()
            guard current == Cursor(nextOffset: batch.offsets.lower, epoch: batch.epoch) else {
                throw .fenced(current: current)
            }
            throw .damaged(reason: "the tree of partition \(partition) is not the batch's")
        }
        (frontier, sourceHash) = (tree.frontier, tree.sourceHash)
    }

    /// Begins the transaction, moves the cursor and copies the entries.
    private func begin(
        _ batch: LedgerBatch,
        _ session: PostgresSession
    ) throws(LedgerError) {
        let range = batch.offsets
        // The plans are for rows whose number the server has not counted yet.
        var sql = """
            BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
            SET LOCAL jit = off; \(PartitionLock.sql(partition)); \
            UPDATE caracal.cursors SET next_offset = \(range.upper), row_hash = \(RowHash.sql(
                RowHash.cursors,
                changing: ["next_offset": "\(range.upper)"]
            )) WHERE partition = \(partition) \
            AND next_offset = \(range.lower) AND epoch = \(batch.epoch)
            """
        if batch.count > 0 {
            sql += "; COPY caracal.entries (\(EntryRows.columns)) FROM STDIN (FORMAT binary)"
        }
        let isMine = try LedgerError.wrap { () throws(PostgresError) in
            if batch.count == 0 { return try session.execute(sql).last == 1 }
            if try session.beginCopy(sql).last == 1 { return true }
            try session.abandonCopy()
            return false
        }
        guard isMine else {
            session.rollBack()
            throw .fenced(current: try currentCursor())
        }
        guard batch.count > 0 else { return }
        let copied = try copy(batch, session)
        guard copied == batch.count else {
            throw .unavailable(reason: "\(copied) of \(batch.count) rows were copied")
        }
    }

    private func copy(
        _ batch: LedgerBatch,
        _ session: PostgresSession
    ) throws(LedgerError) -> Int {
        var index = batch.firstIndex
        var sources = SourceHash(after: sourceHash, partition: partition, firstIndex: index)
        rows.begin()
        for part in batch.parts {
            let bytes = part.bytes
            for entry in part.elements {
                do throws(EventError) {
                    try rows.append(entry, index: index, partition: partition, bytes.span)
                } catch {
                    throw .refused(reason: "an entry is not canonical: \(error)")
                }
                sources.add(
                    offset: entry.offset,
                    sequence: entry.producerCount > 0 ? max(entry.sequence, -1) : -1,
                    producer: bytes.span.extracting(entry.producerRange)
                )
                index += 1
                if rows.isWorthSending {
                    try LedgerError.wrap { () throws(PostgresError) in
                        try rows.take(session.copy)
                    }
                }
            }
        }
        rows.end()
        nextSources = sources.finish()
        return try LedgerError.wrap { () throws(PostgresError) in
            try rows.take(session.copy)
            return try session.endCopy()
        }
    }

    /// Reads what was written, and hashes it.
    private func readBack(
        _ batch: LedgerBatch,
        _ session: PostgresSession
    ) throws(LedgerError) -> [Digest] {
        let range = batch.firstIndex..<batch.after.size
        let leaves = try readBack.leaves(session, partition, range)
        guard leaves.count == range.count else {
            throw .unavailable(reason: "\(leaves.count) of \(range.count) rows were read back")
        }
        return leaves
    }

    private func finish(
        _ session: PostgresSession,
        _ statements: [PostgresStatement]
    ) throws(LedgerError) {
        try LedgerError.wrap { () throws(PostgresError) in try session.commit(statements) }
    }
}
