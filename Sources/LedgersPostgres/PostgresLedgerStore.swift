public import Ledgers
public import Streams
public import StreamsPostgres
private import Synchronization

/// Ledgers in a database, any number of partitions: each with a connection, a thread and a stream of
/// transactions of its own.
///
/// A batch is one transaction: it moves the cursor if nobody else has, copies the entries, reads them
/// back, and adds tiles, checkpoint, marks and dead letters. A partition's connection is made when it
/// is claimed, and made again after it was lost. The tables are described at `LedgerTables.swift`.
public final class PostgresLedgerStore: LedgerStore {
    /// What differs from one use to another.
    public struct Options: Sendable {
        /// The topic whose partitions these are.
        public var topic = "caracal.metering.events"
        /// Tells the topic's own identifier, if it is known, at each claim, which refuses a topic
        /// that was made again.
        public var topicID: @Sendable () async throws(LedgerError) -> String? = {
            () throws(LedgerError) in nil
        }
        /// How long a claim waits for another owner's transaction to end before it ends it.
        public var patience = Duration.seconds(3)
        /// The most producers of a partition whose mark is kept at hand.
        public var markLimit = 1_000_000

        public init() {}
    }

    public let settings: PostgresSettings
    public let options: Options
    private let partitions = Mutex<[Int: PartitionLedger]>([:])

    /// Makes a store; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - settings: As a user with the role `caracal_writer`.
    ///   - options: What is stored.
    public init(_ settings: PostgresSettings, options: Options = Options()) {
        self.settings = settings
        self.options = options
    }

    private func ledger(of partition: Int) throws(LedgerError) -> PartitionLedger {
        guard 0...Int(Int32.max) ~= partition else {
            throw .unusable(reason: "there is no partition \(partition)")
        }
        return partitions.withLock { partitions in
            if let ledger = partitions[partition] { return ledger }
            let ledger = PartitionLedger(partition, settings, options)
            partitions[partition] = ledger
            return ledger
        }
    }

    public func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try await ledger(of: partition).claim()
    }

    public func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try await ledger(of: partition).cursor()
    }

    public func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        try await ledger(of: batch.offsets.partition).commit(batch, seal: seal)
    }

    public func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try await ledger(of: partition).recentEvents(limit: limit)
    }

    /// Ends the connection of a partition that is given up; an open transaction is rolled back.
    public func release(_ partition: Int) async {
        let ledger = partitions.withLock { $0.removeValue(forKey: partition) }
        await ledger?.close()
    }

    /// Ends all connections.
    public func close() async {
        let all = partitions.withLock { partitions in
            defer { partitions = [:] }
            return Array(partitions.values)
        }
        for ledger in all { await ledger.close() }
    }
}
