/// A small record that is rewritten often, in place, such that a crash leaves the old or the new one.
///
/// The file has two slots of ``slotSize`` bytes, written in turn. A slot is (little-endian):
///
///     0   UInt32  magic
///     4   UInt32  CRC-32C of all that follows in the slot, the zeros at its end included
///     8   UInt64  generation; generation g lies in slot g mod 2
///     16  UInt32  length of the record
///     20  the record, then zeros
///
/// The newest slot with a right checksum counts. Where one of two is torn or damaged, the other one
/// is what was published before; ``Content/damagedSlots`` tells, and who may not go back asks.
package struct DoubleSlotFile: Sendable {
    package static let slotSize = 4_096
    /// The most bytes a record may have.
    package static let recordLimit = slotSize - headerSize
    private static let headerSize = 20
    private static let magic: UInt32 = 0xD5F1_E2FF

    /// What the file says.
    package struct Content: Equatable, Sendable {
        package let record: [UInt8]
        package let generation: Int
        /// The slots, 0 or 1, whose checksum is wrong.
        package let damagedSlots: [Int]
    }

    private let file: File
    private var generation: Int
    private var slot: [UInt8] = []

    package var path: String { file.path }

    /// Makes the file, durably, with `record` in both slots.
    package static func create(_ path: String, record: [UInt8]) throws(FileError) {
        var bytes: [UInt8] = []
        encode(record, generation: 0, into: &bytes)
        var second: [UInt8] = []
        encode(record, generation: 1, into: &second)
        try Folder.replaceFile(path, with: bytes + second)
    }

    /// Opens the file for writing.
    package init(_ path: String) throws(StorageError) {
        file = try StorageError.wrap { () throws(FileError) in try File(path, .update) }
        generation = try Self.read(file).generation
    }

    /// Reads the file.
    ///
    /// - Throws: ``StorageError/damaged(_:)`` if neither slot is right.
    package static func read(_ path: String) throws(StorageError) -> Content {
        try read(StorageError.wrap { () throws(FileError) in try File(path, .read) })
    }

    /// Reads the open file, as often as is liked; another process may be writing it.
    package static func read(_ file: File) throws(StorageError) -> Content {
        var bytes: [UInt8] = []
        let size = try StorageError.wrap { () throws(FileError) in
            try file.read(2 * slotSize, at: 0, into: &bytes)
            return try file.size
        }
        let slots = [0, 1].map { decode(bytes, slot: $0) }
        let damaged = [0, 1].filter { slots[$0] == nil }
        guard let newest = slots.compactMap({ $0 }).max(by: { $0.generation < $1.generation })
        else {
            throw .damaged(
                Damage(path: file.path, offset: 0, reason: "neither of its two slots is right")
            )
        }
        guard size == 2 * slotSize || !damaged.isEmpty else {
            throw .damaged(
                Damage(path: file.path, offset: 2 * slotSize, reason: "longer than its two slots")
            )
        }
        return Content(
            record: newest.record,
            generation: newest.generation,
            damagedSlots: damaged
        )
    }

    /// Puts `record` in the place of the older slot.
    ///
    /// - Parameters:
    ///   - record: At most ``recordLimit`` bytes.
    ///   - isDurable: Whether to return only when it is durable; otherwise other processes see it at
    ///     once, and a power failure may leave the one before.
    /// - Throws: ``FileError``; the record before is still there.
    package mutating func write(_ record: [UInt8], isDurable: Bool) throws(FileError) {
        Self.encode(record, generation: generation + 1, into: &slot)
        try file.write(slot.span, at: (generation + 1) % 2 * Self.slotSize)
        if isDurable { try file.syncData() }
        generation += 1
    }

    /// Puts `record` into both slots, one after the other, durably: damage to one loses nothing then.
    ///
    /// - Throws: ``FileError``; the record is this one or the one before.
    package mutating func writeBoth(_ record: [UInt8]) throws(FileError) {
        try write(record, isDurable: true)
        try write(record, isDurable: true)
    }

    private static func encode(_ record: [UInt8], generation: Int, into slot: inout [UInt8]) {
        precondition(record.count <= recordLimit, "the record does not fit into a slot")
        slot.removeAll(keepingCapacity: true)
        slot.appendInteger(magic)
        slot.appendInteger(UInt32(0))
        slot.appendInteger(UInt64(generation))
        slot.appendInteger(UInt32(record.count))
        slot.append(contentsOf: record)
        slot.append(contentsOf: repeatElement(0, count: slotSize - slot.count))
        slot.replaceInteger(at: 4, with: CRC32C.checksum(of: slot.span.extracting(8...)))
    }

    private static func decode(_ bytes: [UInt8], slot: Int) -> (record: [UInt8], generation: Int)? {
        let start = slot * slotSize
        guard bytes.count >= start + slotSize else { return nil }
        let span = bytes.span.extracting(start..<start + slotSize)
        guard span.integer(at: 0, as: UInt32.self) == magic,
            span.integer(at: 4, as: UInt32.self) == CRC32C.checksum(of: span.extracting(8...)),
            let generation = Int(exactly: span.integer(at: 8, as: UInt64.self)),
            generation <= .max / 2, generation % 2 == slot
        else { return nil }
        let count = Int(span.integer(at: 16, as: UInt32.self))
        guard count <= recordLimit else { return nil }
        let record = start + headerSize
        return (Array(bytes[record..<record + count]), generation)
    }
}
