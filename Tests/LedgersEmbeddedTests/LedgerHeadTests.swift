import Foundation
import Merkle
import Testing

@testable import LedgersEmbedded
@testable import StreamsEmbedded

@Suite struct LedgerHeadTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/head" }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: 0..<12)
    func readsWhatItWrites(number: Int) throws {
        let record = LedgerRecordTests.record(number)
        let head = LedgerHead(segment: number, position: number * 100, record: record)
        try DoubleSlotFile.create(path, record: head.bytes)
        let read = try LedgerHead.read(path)
        #expect(read == head)
        #expect(read.root == record.tree.root)
        #expect(read.letters == record.letters)
        #expect(read.note == record.note)
    }

    @Test func refusesWhatIsNoHead() throws {
        let head = LedgerHead(segment: 1, position: 9, record: LedgerRecordTests.record(4))
        for size in head.bytes.indices {
            try DoubleSlotFile.create(path, record: Array(head.bytes[..<size]))
            #expect(throws: StorageError.self) { try LedgerHead.read(path) }
        }
        let beyond = LedgerHead(segment: 13, position: 9, record: LedgerRecordTests.record(4))
        try DoubleSlotFile.create(path, record: beyond.bytes)
        #expect(throws: StorageError.self) { try LedgerHead.read(path) }
    }

    /// One slot may be lost: the other one still says where the ledger is, and that it is alone.
    @Test func oneDamagedSlotLosesNothing() throws {
        let head = LedgerHead(segment: 1, position: 9, record: LedgerRecordTests.record(4))
        try DoubleSlotFile.create(path, record: head.bytes)
        var file = try DoubleSlotFile(path)
        try file.writeBoth(head.bytes)
        let whole = try Data(contentsOf: URL(filePath: path))
        #expect(try LedgerHead.read(path).damagedSlots == 0)
        let marker = Data(head.note)
        let first = try #require(whole.range(of: marker))
        let second = try #require(whole.range(of: marker, in: first.upperBound..<whole.count))
        for place in [first.lowerBound, second.lowerBound] {
            var spoilt = whole
            spoilt[place] ^= 1
            try spoilt.write(to: URL(filePath: path))
            var read = try LedgerHead.read(path)
            #expect(read.damagedSlots == 1)
            read.damagedSlots = 0
            #expect(read == head)
        }
    }
}
