import Cryptography
import Ledgers
import Merkle
import Testing

@testable import LedgersEmbedded

@Suite struct LedgerRecordTests {
    /// A record whose lists have lengths that follow from a number, none among them.
    static func record(_ number: Int) -> LedgerRecord {
        var tree = CompactRange()
        for leaf in 0..<number * 3 { tree.append(RFC6962.leafHash([UInt8(leaf % 256)])) }
        return LedgerRecord(
            from: number,
            to: number * 2,
            epoch: number % 3,
            tree: tree,
            note: Array("note \(number)\n".utf8),
            lettersBefore: number * 5,
            duplicates: number * 7,
            marks: (0..<number % 4).map { mark in
                ProducerMark(producer: Array("p\(mark)".utf8), sequence: mark << 40)
            },
            refused: (0..<number % 5).map { letter in
                RefusedRecord(
                    offset: number + letter,
                    reason: DeadLetterReason.allCases[letter % DeadLetterReason.allCases.count],
                    message: "why \(letter)",
                    bytes: Array(repeating: UInt8(letter), count: letter)
                )
            }
        )
    }

    @Test(arguments: 0..<40)
    func readsWhatItWrites(number: Int) {
        let record = Self.record(number)
        #expect(LedgerRecord(record.bytes) == record)
        #expect(record.letters == number * 5 + number % 5)
    }

    @Test(arguments: [0, 3, 7, 19])
    func takesNoPartAndNothingMore(number: Int) {
        let bytes = Self.record(number).bytes
        for size in bytes.indices { #expect(LedgerRecord(Array(bytes[..<size])) == nil) }
        #expect(LedgerRecord(bytes + [0]) == nil)
    }

    /// Any byte may be any other: the record is refused, or is another one.
    @Test(arguments: [0, 7, 19])
    func takesNoOtherBytesForTheSameRecord(number: Int) {
        let record = Self.record(number)
        var bytes = record.bytes
        for place in bytes.indices {
            for change in [UInt8(1), 0x80, 0xFF] {
                bytes[place] ^= change
                #expect(LedgerRecord(bytes) != record)
                bytes[place] ^= change
            }
        }
    }
}
