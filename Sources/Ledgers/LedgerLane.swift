import Cryptography
import Events
import Merkle
public import Streams

/// Turns the batches of one partition into what the ledger is to hold: the entries that it does not
/// have, their indices, and the tree over them.
///
/// A value that nothing outside changes: what it makes of a batch follows from the claim that it
/// began with and the batches before. After anything that keeps a batch from being stored, a new
/// lane begins at the store's cursor.
public struct LedgerLane: CommitLog, Sendable {
    private let partition: Int
    private let epoch: Int
    /// Whether the next record is one that the store has refused for good.
    private var refusesFirst: Bool
    private var nextOffset: Int
    private var tree: CompactRange
    private var marks: ProducerMarks
    private var window: EventIDWindow?
    /// The identifiers of the part at hand; none if there is no window.
    private var keys: [EventIDWindow.Key] = []

    /// Begins where `claim` says.
    ///
    /// - Parameters:
    ///   - partition: The partition that was claimed.
    ///   - claim: What its ledger holds.
    ///   - window: The newest entries; without it the first record outside of a producer's sequence
    ///     throws ``EventIDWindowNeeded``.
    ///   - refusesFirst: Whether the first record becomes a dead letter `rejected_by_store`.
    public init(
        partition: Int,
        claim: LedgerClaim,
        window: EventIDWindow? = nil,
        refusesFirst: Bool = false
    ) {
        self.partition = partition
        epoch = claim.cursor.epoch
        nextOffset = claim.cursor.nextOffset
        tree = claim.tree
        marks = ProducerMarks(claim.marks)
        self.window = window
        self.refusesFirst = refusesFirst
    }

    /// Sequences and integrates a batch.
    ///
    /// - Throws: ``EventIDWindowNeeded``.
    /// - Complexity: O(*n* + log *size*) hashes for *n* entries.
    public mutating func commit(_ batch: Batch<LedgerEntry>) throws -> LedgerBatch {
        let upper = batch.lineage.upperBound(of: partition) ?? nextOffset
        var refused = batch.rejections.compactMap(Self.refusal)
            .filter { $0.offset >= nextOffset }
        let poison = takePoison(batch, &refused)
        var parts: [Chunk<LedgerEntry>] = []
        var leaves: [Digest] = []
        leaves.reserveCapacity(batch.count)
        var duplicates = 0
        var eventKeys: [EventIDWindow.Key] = []
        if window != nil { eventKeys.reserveCapacity(batch.count) }
        for part in batch.parts {
            let admitted = try admit(part, refusing: poison, &refused, &duplicates)
            for entry in admitted.elements { leaves.append(entry.leaf) }
            // The keys are those of the entries that were admitted.
            eventKeys += keys
            if !admitted.elements.isEmpty { parts.append(admitted) }
        }
        let before = tree
        tree.append(contentsOf: leaves)
        let range = OffsetRange(partition: partition, lower: nextOffset, upper: upper)
        nextOffset = upper
        return LedgerBatch(
            offsets: range,
            epoch: epoch,
            parts: parts,
            eventKeys: eventKeys,
            refused: refused.sorted { $0.offset < $1.offset },
            marks: marks.takeChanges(),
            before: before,
            after: tree,
            duplicates: duplicates,
            reason: batch.reason
        )
    }

    /// Finds the record that the store has refused for good, if it is in this batch: the first one.
    ///
    /// - Returns: Its offset, if it is an entry. What the stages before have refused becomes a dead
    ///   letter without bytes, which any store can keep.
    private mutating func takePoison(
        _ batch: Batch<LedgerEntry>,
        _ refused: inout [RefusedRecord]
    ) -> Int? {
        guard refusesFirst else { return nil }
        let entry = batch.parts.lazy.compactMap(\.elements.first?.offset).first
        let letter = refused.indices.min { refused[$0].offset < refused[$1].offset }
        if entry == nil, letter == nil { return nil }
        refusesFirst = false
        guard let letter, refused[letter].offset < entry ?? .max else { return entry }
        refused[letter] = RefusedRecord(
            offset: refused[letter].offset,
            reason: .rejectedByStore,
            message: "the store refused its dead letter; its bytes are in the event log",
            bytes: []
        )
        return nil
    }

    private static func poisonous(_ entry: LedgerEntry, _ arena: Span<UInt8>) -> RefusedRecord {
        RefusedRecord(
            offset: entry.offset,
            reason: .rejectedByStore,
            message: "the store refused the entry",
            bytes: arena.extracting(entry.range).copied
        )
    }

    /// The entries of `part` that the ledger does not have; the whole part where it has none.
    private mutating func admit(
        _ part: Chunk<LedgerEntry>,
        refusing poison: Int?,
        _ refused: inout [RefusedRecord],
        _ duplicates: inout Int
    ) throws -> Chunk<LedgerEntry> {
        let bytes = part.bytes
        let arena = bytes.span
        var left: [Int] = []
        marks.beginArena()
        readKeys(of: part.elements, arena)
        for index in part.elements.indices {
            let entry = part.elements[index]
            let key = window == nil ? nil : keys[index]
            if entry.offset < nextOffset {
                left.append(index)
                duplicates += 1
            } else if entry.sequence >= 0, entry.producerCount > 0 {
                if !marks.advance(entry, arena) {
                    left.append(index)
                    duplicates += 1
                } else if RedrivenLetter.isProducer(arena, entry.producerRange),
                    let refusal = try recognise(entry, key, arena)
                {
                    // Its event may have come another way meanwhile.
                    left.append(index)
                    if let refusal { refused.append(refusal) } else { duplicates += 1 }
                } else if entry.offset == poison {
                    left.append(index)
                    refused.append(Self.poisonous(entry, arena))
                }
            } else if let refusal = try recognise(entry, key, arena) {
                left.append(index)
                if let refusal { refused.append(refusal) } else { duplicates += 1 }
            } else if entry.offset == poison {
                left.append(index)
                refused.append(Self.poisonous(entry, arena))
            }
            if let key, left.last != index { window?.insert(key, leaf: entry.leaf) }
        }
        if left.isEmpty { return part }
        var admitted = part
        admitted.elements = Self.without(left, part.elements)
        if !keys.isEmpty { keys = Self.without(left, keys) }
        return admitted
    }

    private mutating func readKeys(of entries: [LedgerEntry], _ arena: Span<UInt8>) {
        guard window != nil else { return }
        keys.removeAll(keepingCapacity: true)
        for entry in entries {
            keys.append(EventIDWindow.Key(arena.extracting(entry.eventIDRange)))
        }
        let read = keys
        window?.warm(read.span)
    }

    /// Looks for an entry that a record outside of any sequence repeats.
    ///
    /// - Returns: `nil` for a new one; else what it is refused with, if it is refused and not merely
    ///   left out.
    private func recognise(
        _ entry: LedgerEntry,
        _ key: EventIDWindow.Key?,
        _ arena: Span<UInt8>
    ) throws -> RefusedRecord?? {
        guard let window, let key else { throw EventIDWindowNeeded() }
        switch window.find(key, leaf: entry.leaf) {
        case .new:
            return nil
        case .repeated:
            return .some(nil)
        case .conflicting:
            return RefusedRecord(
                offset: entry.offset,
                reason: .idConflict,
                message: "an entry with other bytes has the same event_id",
                bytes: arena.extracting(entry.range).copied
            )
        }
    }

    /// The values but for those at `left`, which is in order.
    private static func without<Value>(_ left: [Int], _ values: [Value]) -> [Value] {
        var next = left.makeIterator()
        var leaving = next.next()
        return values.indices.compactMap { index in
            guard index == leaving else { return values[index] }
            leaving = next.next()
            return nil
        }
    }

    /// The dead letter that a rejection of the stages before becomes.
    private static func refusal(_ rejection: Rejection) -> RefusedRecord? {
        guard let record = rejection.input as? LogRecord else { return nil }
        let error = rejection.error as? EventError
        return RefusedRecord(
            offset: record.offset,
            reason: error?.problem == .tooLarge ? .tooLarge : .malformedEvent,
            message: error.map(\.description) ?? "\(rejection.error)",
            bytes: rejection.bytes
        )
    }
}

/// Thrown for the first record whose repeats can only be recognised by its event's identifier.
public struct EventIDWindowNeeded: Error, Hashable, Sendable {
    public init() {}
}

extension Span<UInt8> {
    fileprivate var copied: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
