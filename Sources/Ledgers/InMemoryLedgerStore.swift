public import Cryptography
import Merkle
public import Streams

/// Ledgers in memory: the contract in its simplest form, for tests and simulations.
public actor InMemoryLedgerStore: LedgerStore {
    /// One partition's ledger.
    public struct Ledger: Sendable {
        /// The canonical bytes of every entry, by index.
        public internal(set) var entries: [[UInt8]] = []
        /// The event identifier of every entry.
        public internal(set) var eventIDs: [[UInt8]] = []
        public internal(set) var refused: [RefusedRecord] = []
        /// Every checkpoint, oldest first.
        public internal(set) var notes: [[UInt8]] = []
        public internal(set) var cursor = Cursor(nextOffset: 0, epoch: 0)
        public internal(set) var marks: [[UInt8]: Int] = [:]
        var tree = CompactRange()

        /// The number of entries.
        public var size: Int { entries.count }

        /// The root of the tree that was signed.
        public var root: Digest { tree.root }
    }

    private var ledgers: [Int: Ledger] = [:]

    public init() {}

    /// What the ledger of `partition` holds.
    public func ledger(of partition: Int) -> Ledger {
        ledgers[partition] ?? Ledger()
    }

    public func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        var ledger = ledger(of: partition)
        ledger.cursor = Cursor(
            nextOffset: ledger.cursor.nextOffset,
            epoch: ledger.cursor.epoch + 1
        )
        ledgers[partition] = ledger
        return LedgerClaim(
            cursor: ledger.cursor,
            tree: ledger.tree,
            note: ledger.notes.last ?? [],
            marks: ledger.marks
        )
    }

    public func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        ledger(of: partition).cursor
    }

    public func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        let partition = batch.offsets.partition
        try check(batch)
        var entries: [[UInt8]] = []
        var eventIDs: [[UInt8]] = []
        for part in batch.parts {
            entries += part.elements.map { Array(part.bytes[$0.range]) }
            eventIDs += part.elements.map { Array(part.bytes[$0.eventIDRange]) }
        }
        let note = entries.isEmpty ? nil : try await seal(entries.map { RFC6962.leafHash($0) })
        // Sealing may suspend, and another claim come in between.
        try check(batch)
        var ledger = ledger(of: partition)
        ledger.entries += entries
        ledger.eventIDs += eventIDs
        ledger.refused += batch.refused
        if let note { ledger.notes.append(note) }
        ledger.cursor = Cursor(nextOffset: batch.offsets.upper, epoch: batch.epoch)
        ledger.tree = batch.after
        for mark in batch.marks { ledger.marks[mark.producer] = mark.sequence }
        ledgers[partition] = ledger
    }

    public func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        let ledger = ledger(of: partition)
        var window = EventIDWindow(limit: limit)
        for index in max(0, ledger.size - limit)..<ledger.size {
            let eventID = ledger.eventIDs[index]
            window.insert(eventID.span, leaf: RFC6962.leafHash(ledger.entries[index]))
        }
        return window
    }

    private func check(_ batch: LedgerBatch) throws(LedgerError) {
        let current = ledger(of: batch.offsets.partition).cursor
        guard current == Cursor(nextOffset: batch.offsets.lower, epoch: batch.epoch) else {
            throw .fenced(current: current)
        }
    }
}
