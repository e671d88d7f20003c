private import Glibc

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
    /// The currency of the row before, and its code.
    private var lastCurrency = Currency.usd
    private var lastCode = Array(Currency.usd.description.utf8)

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
        count = 0
        for byte in "PGCOPY\n".utf8 { put(byte) }
        for byte in [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8] { put(byte) }
    }

    /// Ends the data of a COPY.
    func end() {
        put(Int16(-1))
    }

    /// Appends the row of an entry.
    ///
    /// - Throws: ``EventError`` if its bytes are not canonical.
    func append(
        _ entry: LedgerEntry,
        index: Int,
        partition: Int,
        _ arena: Span<UInt8>
    ) throws(EventError) {
        let view = try EventView(validating: arena, in: entry.range)
        guard Int(entry.producerCount) <= 65_536, Int(entry.producerStart) <= arena.count,
            Int(entry.producerStart) + Int(entry.producerCount) <= arena.count
        else { throw EventError(.tooLong, field: "producer_id") }
        put(Self.columnCount)
        put(field: index)
        put(field: entry.offset)
        put(field: Int(view.timestamp.nanoseconds))
        let cost = view.cost
        if let cost { put(field: Int(cost.nanos)) } else { putNull() }
        let hasProducer = entry.producerCount > 0
        if hasProducer, entry.sequence >= 0 { put(field: entry.sequence) } else { putNull() }
        put(Int32(4))
        put(Int32(truncatingIfNeeded: partition))
        put(kind: view.kind)
        put(text: arena.extracting(view.eventID))
        put(text: arena.extracting(view.agentID))
        if let type = view.resourceType {
            put(text: arena.extracting(type))
        } else {
            putNull()
        }
        if let cost { put(currency: cost.currency) } else { putNull() }
        if hasProducer { put(bytes: arena.extracting(entry.producerRange)) } else { putNull() }
        put(bytes: arena.extracting(entry.range))
    }

    // MARK: Fields

    @inline(__always)
    private func put<Integer: FixedWidthInteger>(_ value: Integer) {
        unsafe (memory + count).storeBytes(of: value.bigEndian, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    @inline(__always)
    private func putNull() {
        put(Int32(-1))
    }

    @inline(__always)
    private func put(field value: Int) {
        put(Int32(8))
        put(Int64(value))
    }

    private func put(kind: EventKind) {
        let name: StaticString =
            switch kind {
            case .metering: "metering"
            case .policyDecision: "policy_decision"
            case .agentLifecycle: "agent_lifecycle"
            case .policyChange: "policy_change"
            }
        put(Int32(truncatingIfNeeded: name.utf8CodeUnitCount))
        unsafe memcpy(memory + count, name.utf8Start, name.utf8CodeUnitCount)
        count += name.utf8CodeUnitCount
    }

    private func put(currency: Currency) {
        if currency != lastCurrency {
            lastCurrency = currency
            lastCode = Array(currency.description.utf8)
        }
        put(Int32(3))
        for byte in lastCode { put(byte) }
    }

    @inline(__always)
    private func put(bytes: Span<UInt8>) {
        put(Int32(truncatingIfNeeded: bytes.count))
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe memcpy(memory + count, base, source.count)
        }
        count += bytes.count
    }

    /// A text, with U+FFFD for every U+0000.
    @inline(__always)
    private func put(text: Span<UInt8>) {
        let hasNull = unsafe text.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return false }
            return unsafe memchr(base, 0, source.count) != nil
        }
        if hasNull { put(replacingNulls: text) } else { put(bytes: text) }
    }

    private func put(replacingNulls text: Span<UInt8>) {
        let start = count
        put(Int32(0))
        for index in text.indices {
            if text[index] != 0 {
                put(text[index])
            } else {
                for byte in [0xef, 0xbf, 0xbd] as [UInt8] { put(byte) }
            }
        }
        let length = Int32(truncatingIfNeeded: count - start - 4)
        unsafe (memory + start).storeBytes(of: length.bigEndian, as: Int32.self)
    }
}
