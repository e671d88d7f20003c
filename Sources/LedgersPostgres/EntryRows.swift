import Events
import Ledgers
import Streams

/// Writes rows of the table `entries` as a binary COPY takes them, into memory that is used again.
///
/// The derived columns come from the canonical bytes. Nothing is allocated for a row.
@safe final class EntryRows {
    /// The columns in the order of a row.
    static let columns = """
        index, source_offset, event_time, cost_nanos, sequence, partition, event_type, event_id, \
        agent_id, resource_type, currency, producer, payload
        """
    private static let columnCount: Int16 = 13

    /// How many bytes are collected before they are worth sending.
    static let pieceSize = 128 << 10
    /// The most that one row adds, with every U+0000 of a text taking three bytes.
    private static let rowLimit = 1_024 + 3 * 3 * EventLimits.nameBytes + 2 * 65_536

    private let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private var count = 0

    init() {
        capacity = Self.pieceSize + Self.rowLimit
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Whether enough is collected.
    var isWorthSending: Bool { count >= Self.pieceSize }

    /// Lends what was collected, and forgets it.
    func take<Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = unsafe UnsafeRawBufferPointer(start: memory, count: count)
        count = 0
        try unsafe body(Span<UInt8>(_bytes: RawSpan(_unsafeBytes: bytes)))
    }

    /// Begins the data of a COPY.
    func begin() {
        var row = unsafe BinaryRow(at: memory)
        for byte in "PGCOPY\n".utf8 { row.put(byte) }
        for byte in [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8] { row.put(byte) }
        count = row.count
    }

    /// Ends the data of a COPY.
    func end() {
        var row = unsafe BinaryRow(at: memory + count)
        row.put(Int16(-1))
        count += row.count
    }

    /// Appends the row of an entry, or nothing.
    ///
    /// - Parameters:
    ///   - entry: One whose bytes have been validated, or written, as canonical.
    ///   - index: Its place in the log.
    ///   - partition: The log.
    ///   - arena: What it points into.
    /// - Throws: ``EventError`` if its bytes cannot be canonical.
    func append(
        _ entry: LedgerEntry,
        index: Int,
        partition: Int,
        _ arena: Span<UInt8>
    ) throws(EventError) {
        let view = try EventView(canonical: arena, in: entry.range)
        guard Int(entry.producerCount) <= 65_536, Int(entry.producerStart) <= arena.count,
            Int(entry.producerStart) + Int(entry.producerCount) <= arena.count
        else { throw EventError(.tooLong, field: "producer_id") }
        guard view.eventID.count <= EventLimits.nameBytes,
            view.agentID.count <= EventLimits.nameBytes,
            view.resourceType?.count ?? 0 <= EventLimits.nameBytes
        else { throw EventError(.notCanonical) }
        var row = unsafe BinaryRow(at: memory + count)
        row.put(Self.columnCount)
        row.put(field: index)
        row.put(field: entry.offset)
        row.put(field: Int(view.timestamp.nanoseconds))
        let cost = view.cost
        if let cost { row.put(field: Int(cost.nanos)) } else { row.putNull() }
        let hasProducer = entry.producerCount > 0
        if hasProducer, entry.sequence >= 0 {
            row.put(field: entry.sequence)
        } else {
            row.putNull()
        }
        row.put(Int32(4))
        row.put(Int32(truncatingIfNeeded: partition))
        row.put(name: Self.name(of: view.kind))
        row.put(text: arena.extracting(view.eventID))
        row.put(text: arena.extracting(view.agentID))
        if let type = view.resourceType {
            row.put(text: arena.extracting(type))
        } else {
            row.putNull()
        }
        if let cost { row.put(currency: cost.currency) } else { row.putNull() }
        if hasProducer {
            row.put(bytes: arena.extracting(entry.producerRange))
        } else {
            row.putNull()
        }
        row.put(bytes: arena.extracting(entry.range))
        count += row.count
    }

    private static func name(of kind: EventKind) -> StaticString {
        switch kind {
        case .metering: "metering"
        case .policyDecision: "policy_decision"
        case .agentLifecycle: "agent_lifecycle"
        case .policyChange: "policy_change"
        }
    }
}
