import Events
import Glibc
import Ledgers

/// Rows of the table `entries` for a binary COPY, as plainly as it goes, into memory used again.
@safe final class PlainRows {
    static let columns = """
        index, source_offset, event_time, cost_nanos, sequence, partition, event_type, event_id, \
        agent_id, resource_type, currency, producer, payload
        """
    private static let pieceSize = 128 << 10

    private let memory = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
    private var count = 0

    deinit { unsafe memory.deallocate() }

    /// Whether enough is collected to be sent.
    var isWorthSending: Bool { count >= Self.pieceSize }

    /// Lends what was collected, and forgets it.
    func take<Failure>(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        let bytes = unsafe UnsafeRawBufferPointer(start: memory, count: count)
        count = 0
        try unsafe body(Span<UInt8>(_bytes: RawSpan(_unsafeBytes: bytes)))
    }

    func begin() {
        let head = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        for byte in head { put(byte) }
    }

    func end() { put(Int16(-1)) }

    /// Appends the row of an event.
    func append(
        _ record: LedgerEntry,
        index: Int,
        partition: Int,
        _ arena: Span<UInt8>
    ) throws(EventError) {
        let view = try EventView(validating: arena, in: record.range)
        put(Int16(13))
        for value in [index, record.offset, Int(view.timestamp.nanoseconds)] { put(field: value) }
        if let cost = view.cost { put(field: Int(cost.nanos)) } else { put(Int32(-1)) }
        put(Int32(-1))
        put(Int32(4))
        put(Int32(truncatingIfNeeded: partition))
        put(text: "metering")
        put(arena.extracting(view.eventID))
        put(arena.extracting(view.agentID))
        if let type = view.resourceType { put(arena.extracting(type)) } else { put(Int32(-1)) }
        if view.cost != nil { put(text: "USD") } else { put(Int32(-1)) }
        put(Int32(-1))
        put(arena.extracting(record.range))
    }

    @inline(__always)
    private func put<Integer: FixedWidthInteger>(_ value: Integer) {
        unsafe (memory + count).storeBytes(of: value.bigEndian, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    @inline(__always)
    private func put(field value: Int) {
        put(Int32(8))
        put(Int64(value))
    }

    private func put(text: StaticString) {
        put(Int32(truncatingIfNeeded: text.utf8CodeUnitCount))
        unsafe memcpy(memory + count, text.utf8Start, text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    @inline(__always)
    private func put(_ bytes: Span<UInt8>) {
        put(Int32(truncatingIfNeeded: bytes.count))
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe memcpy(memory + count, base, source.count)
        }
        count += bytes.count
    }
}
