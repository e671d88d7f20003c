import StreamsTesting
import Streams
import Testing

@testable import Ledgers

@Suite struct ProducerMarksTests {
    /// Agrees with a dictionary, whichever producers follow each other in whichever arenas.
    @Test(arguments: UInt64(0)..<20)
    func agreesWithADictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = ["a", "b", "ab", "ba", "abcdefgh"].map { Array($0.utf8) }
        let first = [names[0]: 3, names[2]: 0]
        var marks = ProducerMarks(first)
        var model = first
        var changed: Set<[UInt8]> = []
        for _ in 0..<50 {
            marks.beginArena()
            // In one arena a name can lie at several places, and other names where others lay.
            let order = names.shuffled(using: &random)
            let arena = order.flatMap(\.self)
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let which = Int.random(in: 0..<order.count, using: &random)
                let start = order[..<which].reduce(0) { $0 + $1.count }
                let sequence = Int.random(in: 0...60, using: &random)
                let record = LogRecord(
                    offset: 0,
                    start: 0,
                    count: 0,
                    producerStart: UInt32(start),
                    producerCount: UInt32(order[which].count),
                    sequence: sequence
                )
                let isNew = sequence > model[order[which], default: -1]
                if isNew {
                    model[order[which]] = sequence
                    changed.insert(order[which])
                }
                #expect(marks.advance(LedgerEntry(record, eventID: 0..<0), arena.span) == isNew)
            }
            guard Bool.random(using: &random) else { continue }
            let changes = marks.takeChanges()
            #expect(Set(changes.map(\.producer)) == changed)
            #expect(changes.allSatisfy { $0.sequence == model[$0.producer] })
            changed = []
        }
    }
}
