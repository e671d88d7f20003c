import StreamsEmbedded
import Testing

@Suite struct DoubleSlotFileTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder / "head"
        try DoubleSlotFile.create(path, record: [1, 2, 3])
    }

    @Test func theNewestRecordIsRead() throws {
        #expect(try DoubleSlotFile.read(path).record == [1, 2, 3])
        var file = try DoubleSlotFile(path)
        for value in UInt8(0)..<5 {
            try file.write([value], isDurable: value % 2 == 0)
            let content = try DoubleSlotFile.read(path)
            #expect(content.record == [value])
            #expect(content.damagedSlots.isEmpty)
        }
        var again = try DoubleSlotFile(path)
        try again.write([9, 9], isDurable: true)
        #expect(try DoubleSlotFile.read(path).record == [9, 9])
        #expect(try DoubleSlotFile.read(path).generation == 7)
    }

    @Test func aTornSlotLeavesTheRecordBefore() throws {
        var file = try DoubleSlotFile(path)
        try file.write([7], isDurable: true)
        let before = try contents(path)
        try file.write([8], isDurable: true)
        let after = try contents(path)
        for cut in stride(from: 1, to: DoubleSlotFile.slotSize, by: 97) {
            // Generation 3 lies in the second slot; `cut` bytes of it have arrived.
            let slot = DoubleSlotFile.slotSize
            let torn = after[..<(slot + cut)] + before[(slot + cut)...]
            try put(Array(torn), at: path)
            let record = try DoubleSlotFile.read(path).record
            #expect(record == [7] || Array(torn) == after)
        }
    }

    @Test func everyFlippedBitIsFound() throws {
        var file = try DoubleSlotFile(path)
        try file.write([7, 7, 7], isDurable: true)
        for index in 0..<2 * DoubleSlotFile.slotSize {
            // One checksum covers the zeros at a slot's end.
            if index % DoubleSlotFile.slotSize > 64, index % 5 != 0 { continue }
            try flip(path, at: index, bit: index % 8)
            let content = try DoubleSlotFile.read(path)
            #expect(content.damagedSlots == [index / DoubleSlotFile.slotSize])
            let isNewest = index < DoubleSlotFile.slotSize
            #expect(content.record == (isNewest ? [1, 2, 3] : [7, 7, 7]))
            try flip(path, at: index, bit: index % 8)
        }
    }

    @Test func damageInBothSlotsIsAnError() throws {
        var bytes = try contents(path)
        bytes[100] ^= 1
        bytes[DoubleSlotFile.slotSize + 50] ^= 1
        try put(bytes, at: path)
        #expect(throws: StorageError.self) { try DoubleSlotFile.read(path) }
        try put([], at: path)
        #expect(throws: StorageError.self) { try DoubleSlotFile.read(path) }
        try put(bytes + [0], at: path)
        #expect(throws: StorageError.self) { try DoubleSlotFile.read(path) }
    }

    @Test func writingHealsADamagedSlot() throws {
        var bytes = try contents(path)
        bytes[DoubleSlotFile.slotSize + 50] ^= 1
        try put(bytes, at: path)
        var file = try DoubleSlotFile(path)
        try file.write([5], isDurable: true)
        #expect(try DoubleSlotFile.read(path).record == [5])
        #expect(try DoubleSlotFile.read(path).damagedSlots.isEmpty)
    }

    @Test func aRecordFillsASlot() throws {
        let record = [UInt8](repeating: 3, count: DoubleSlotFile.recordLimit)
        var file = try DoubleSlotFile(path)
        try file.write(record, isDurable: true)
        #expect(try DoubleSlotFile.read(path).record == record)
    }

    @Test func aMissingFileIsNotFound() {
        let missing = FileError(.notFound, operation: "open", path: folder / "no")
        #expect(throws: StorageError.file(missing)) { try DoubleSlotFile.read(folder / "no") }
        #expect(throws: StorageError.file(missing)) { try DoubleSlotFile(folder / "no") }
    }
}
