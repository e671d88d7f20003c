import ConformanceKit
import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsTesting
import Testing

@Suite struct LedgerLaneTests {
    private static let empty = LedgerClaim(
        cursor: Cursor(nextOffset: 0, epoch: 1),
        tree: CompactRange(),
        note: [],
        marks: [:]
    )

    /// What a record of a made-up log is.
    private struct Input {
        var value: [UInt8]
        var sequence: Int
    }

    /// Records of one producer that come again, some outside of its sequence, some no events.
    private static func inputs(_ random: inout SeededGenerator) throws -> [Input] {
        var inputs: [Input] = []
        var next = 0
        for _ in 0..<120 {
            let number = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                inputs.append(Input(value: [0xFF, UInt8(number)], sequence: next))
                next += 1
            case 1:
                inputs.append(Input(value: try LedgerSample.event(number), sequence: -1))
            case 2:
                inputs.append(
                    Input(value: try LedgerSample.conflicting(with: number), sequence: -1)
                )
            case 3 where next > 0:
                let again = Int.random(in: 0..<next, using: &random)
                inputs.append(Input(value: try LedgerSample.event(again + 100), sequence: again))
            default:
                inputs.append(Input(value: try LedgerSample.event(next + 100), sequence: next))
                next += 1
            }
        }
        return inputs
    }

    private static func batch(_ inputs: [Input], _ range: Range<Int>) -> Batch<LedgerEntry> {
        var records = LedgerSample.records(
            inputs[range].map(\.value),
            from: range.lowerBound
        )
        for index in records.elements.indices {
            records.elements[index].sequence = inputs[range.lowerBound + index].sequence
        }
        return LedgerSample.batch(records, from: range.lowerBound, to: range.upperBound)
    }

    private struct Outcome: Equatable {
        var entries: [[UInt8]] = []
        var refused: [RefusedRecord] = []
        var duplicates = 0
        var tree = CompactRange()
        var marks: [[UInt8]: Int] = [:]

        mutating func add(_ batch: LedgerBatch) {
            for part in batch.parts {
                entries += part.elements.map { Array(part.bytes[$0.range]) }
            }
            refused += batch.refused
            duplicates += batch.duplicates
            tree = batch.after
            for mark in batch.marks { marks[mark.producer] = mark.sequence }
        }
    }

    /// Entries, dead letters, repeats, marks and tree do not depend on where batches end, and are
    /// those of a loop over records that remembers everything.
    @Test(arguments: UInt64(0)..<25)
    func agreesWithALoopOverRecords(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let inputs = try Self.inputs(&random)
        for _ in 0..<4 {
            var lane = LedgerLane(partition: 0, claim: Self.empty, window: EventIDWindow())
            var outcome = Outcome()
            var start = 0
            while start < inputs.count {
                let end = min(inputs.count, start + Int.random(in: 1...50, using: &random))
                let batch = try lane.commit(Self.batch(inputs, start..<end))
                #expect(batch.offsets == OffsetRange(partition: 0, lower: start, upper: end))
                outcome.add(batch)
                start = end
            }
            expectSame(outcome, inputs)
        }
    }

    private func expectSame(_ outcome: Outcome, _ inputs: [Input]) {
        var entries: [[UInt8]] = []
        var byID: [Int: [UInt8]] = [:]
        var mark = -1
        var (refused, duplicates) = ([Int: DeadLetterReason](), 0)
        for (offset, input) in inputs.enumerated() {
            if input.value.first == 0xFF {
                refused[offset] = .malformedEvent
                continue
            }
            if input.sequence >= 0, input.sequence <= mark {
                duplicates += 1
                continue
            }
            if input.sequence < 0 {
                let known = entries.last { Self.id($0) == Self.id(input.value) }
                if known == input.value {
                    duplicates += 1
                    continue
                } else if known != nil {
                    refused[offset] = .idConflict
                    continue
                }
            } else {
                mark = input.sequence
            }
            byID[offset] = input.value
            entries.append(input.value)
        }
        #expect(outcome.entries == entries)
        #expect(outcome.duplicates == duplicates)
        #expect(outcome.refused.map(\.offset) == refused.keys.sorted())
        #expect(outcome.refused.allSatisfy { refused[$0.offset] == $0.reason })
        #expect(outcome.refused.allSatisfy { $0.bytes == inputs[$0.offset].value })
        #expect(outcome.marks == [Array("sample".utf8): mark])
        var tree = CompactRange()
        for entry in entries { tree.append(RFC6962.leafHash(entry)) }
        #expect(outcome.tree == tree)
    }

    /// The identifier in canonical bytes, which begin alike for all of these events.
    private static func id(_ bytes: [UInt8]) -> [UInt8] {
        let text = Array("event-".utf8)
        guard
            let start = (0..<bytes.count - text.count).first(where: {
                Array(bytes[$0..<$0 + text.count]) == text
            })
        else { return bytes }
        return Array(bytes[start...].prefix { $0 >= 0x2D && $0 < 0x7F }.prefix(9))
    }

    /// Without the newest entries at hand, the first record outside of a sequence asks for them; a
    /// record of a producer never does.
    @Test func asksForTheWindowOnlyWhenItIsNeeded() throws {
        var lane = LedgerLane(partition: 0, claim: Self.empty)
        _ = try LedgerSample.ledgerBatch(0..<9, with: &lane)
        let input = Input(value: try LedgerSample.event(9), sequence: -1)
        var records = LedgerSample.records([input.value], from: 9)
        records.elements[0].sequence = -1
        #expect(throws: EventIDWindowNeeded.self) {
            try lane.commit(LedgerSample.batch(records, from: 9, to: 10))
        }
    }

    /// A dead letter that is sent again is taken once, however often it comes, and not at all if its
    /// event has come another way.
    @Test func aLetterSentAgainIsKnownByItsEventToo() throws {
        var lane = LedgerLane(partition: 0, claim: Self.empty, window: EventIDWindow())
        _ = try LedgerSample.ledgerBatch(0..<5, with: &lane)
        func send(_ value: [UInt8], as letter: Int, at offset: Int) throws -> LedgerBatch {
            let producer = RedrivenLetter.producer(partition: 0, offset: letter)
            let records = LedgerSample.records(
                [value],
                from: offset,
                producer: producer,
                sequence: 0
            )
            return try lane.commit(LedgerSample.batch(records, from: offset, to: offset + 1))
        }
        let known = try send(LedgerSample.event(3), as: 90, at: 5)
        #expect((known.count, known.duplicates) == (0, 1))
        let other = try send(LedgerSample.conflicting(with: 3), as: 91, at: 6)
        #expect(other.count == 0)
        #expect(other.refused.map(\.reason) == [.idConflict])
        let new = try send(LedgerSample.event(7), as: 92, at: 7)
        #expect((new.count, new.duplicates) == (1, 0))
        let again = try send(LedgerSample.event(7), as: 92, at: 8)
        #expect((again.count, again.duplicates) == (0, 1))
    }

    /// What lies before the cursor has been done: delivered again, it adds nothing, neither an
    /// entry nor a dead letter.
    @Test func offsetsBeforeTheCursorAddNothing() throws {
        let claim = LedgerClaim(
            cursor: Cursor(nextOffset: 5, epoch: 1),
            tree: CompactRange(),
            note: [],
            marks: [:]
        )
        var lane = LedgerLane(partition: 0, claim: claim)
        let values = try (0..<8).map { $0 == 2 ? [0xFF] : try LedgerSample.event($0) }
        let records = LedgerSample.records(values)
        let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: 8))
        #expect(batch.parts.flatMap(\.elements).map(\.offset) == [5, 6, 7])
        #expect(batch.refused.isEmpty)
        #expect(batch.offsets == OffsetRange(partition: 0, lower: 5, upper: 8))
    }

    /// The first record is what the store has refused, and no other one is taken for it.
    @Test func onlyTheFirstRecordIsPoison() throws {
        var lane = LedgerLane(partition: 0, claim: Self.empty, refusesFirst: true)
        let first = try LedgerSample.ledgerBatch(0..<3, with: &lane)
        #expect(first.refused.map(\.offset) == [0])
        #expect(first.refused.map(\.reason) == [.rejectedByStore])
        #expect(first.refused[0].bytes == (try LedgerSample.event(0)))
        #expect(first.marks.map(\.sequence) == [2])
        let second = try LedgerSample.ledgerBatch(3..<6, with: &lane)
        #expect(second.refused.isEmpty && second.count == 3)

        // Where that record is a dead letter already, the letter loses what the store may dislike.
        var other = LedgerLane(partition: 0, claim: Self.empty, refusesFirst: true)
        let records = LedgerSample.records([[0xFF, 0], try LedgerSample.event(1), [0xFF, 1]])
        let batch = try other.commit(LedgerSample.batch(records, from: 0, to: 3))
        #expect(batch.refused.map(\.reason) == [.rejectedByStore, .malformedEvent])
        #expect(batch.refused.map(\.bytes) == [[], [0xFF, 1]])
        #expect(batch.count == 1)
    }
}
