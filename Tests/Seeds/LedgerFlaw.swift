import Ledgers
import Merkle
import Streams

/// A mistake that writers of ledgers make: planted to show that the simulation finds it.
enum LedgerFlaw: CaseIterable, Sendable {
    /// A batch is stored wherever the ledger is by now, whoever brings it.
    case noFencing
    /// Entries are stored in one transaction, the cursor moves in the next.
    case cursorSeparately
    /// A commit without an answer is taken for one that did not happen.
    case doubtIgnored
    /// A transaction that the store gave up, or could not begin, is taken for one that it kept.
    case abortIgnored
    /// The cursor is moved by the number of records, though offsets have gaps.
    case gapsCounted
    /// What the log has forgotten before it was stored is passed over.
    case lossPassedOver
}

extension LedgerBatch {
    /// The same batch, made to fit what the ledger holds now.
    func moved(to truth: InMemoryLedgerStore) async -> LedgerBatch {
        let ledger = await truth.ledger(of: offsets.partition)
        var tree = CompactRange()
        for entry in ledger.entries { tree.append(RFC6962.leafHash(entry)) }
        var extended = tree
        for part in parts { extended.append(contentsOf: part.elements.map(\.leaf)) }
        let lower = ledger.cursor.nextOffset
        return LedgerBatch(
            offsets: OffsetRange(
                partition: offsets.partition,
                lower: lower,
                upper: max(lower, offsets.upper)
            ),
            epoch: ledger.cursor.epoch,
            parts: parts,
            refused: refused,
            marks: marks,
            before: tree,
            after: extended,
            duplicates: duplicates,
            reason: reason
        )
    }

    /// The same, with offsets that are counted from its records.
    var counted: LedgerBatch {
        let upper = offsets.lower + count + refused.count + duplicates
        return LedgerBatch(
            offsets: OffsetRange(partition: offsets.partition, lower: offsets.lower, upper: upper),
            epoch: epoch,
            parts: parts,
            refused: refused,
            marks: marks,
            before: before,
            after: after,
            duplicates: duplicates,
            reason: reason
        )
    }

    /// Its entries, without what says that they are done.
    var entriesOnly: LedgerBatch {
        let start = OffsetRange(
            partition: offsets.partition,
            lower: offsets.lower,
            upper: offsets.lower
        )
        return LedgerBatch(
            offsets: start,
            epoch: epoch,
            parts: parts,
            refused: [],
            marks: [],
            before: before,
            after: after,
            duplicates: 0,
            reason: reason
        )
    }

    /// What says that its entries are done.
    var cursorOnly: LedgerBatch {
        LedgerBatch(
            offsets: offsets,
            epoch: epoch,
            parts: [],
            refused: refused,
            marks: marks,
            before: after,
            after: after,
            duplicates: duplicates,
            reason: reason
        )
    }
}
