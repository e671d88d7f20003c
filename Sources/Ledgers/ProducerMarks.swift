import Streams

/// The marks of all producers of a partition, and which of them have moved.
///
/// Records of one producer follow each other, so the last producer is kept at hand: its name is
/// compared, and a dictionary asked only when it changes.
struct ProducerMarks {
    private var marks: [[UInt8]: Int]
    private var changed: Set<[UInt8]> = []
    private var current: [UInt8] = []
    private var currentMark = -1
    /// Where ``current`` lies in the arena at hand.
    private var currentRange = 0..<0

    init(_ marks: [[UInt8]: Int]) {
        self.marks = marks
    }

    /// Says that the ranges to come belong to another arena than those before.
    mutating func beginArena() {
        currentRange = 0..<0
    }

    /// Moves the mark of the entry's producer to its number, or returns `false` if it is not above it.
    mutating func advance(_ entry: LedgerEntry, _ arena: Span<UInt8>) -> Bool {
        let range = entry.producerRange
        if range != currentRange {
            let name = arena.extracting(range)
            if !isCurrent(name) { switchTo(name) }
            currentRange = range
        }
        guard entry.sequence > currentMark else { return false }
        currentMark = entry.sequence
        return true
    }

    /// The marks that have moved since the last call, by name.
    mutating func takeChanges() -> [ProducerMark] {
        store()
        defer { changed = [] }
        return changed.map { ProducerMark(producer: $0, sequence: marks[$0] ?? -1) }
            .sorted { $0.producer.lexicographicallyPrecedes($1.producer) }
    }

    private func isCurrent(_ name: Span<UInt8>) -> Bool {
        guard name.count == current.count else { return false }
        for index in name.indices where name[index] != current[index] { return false }
        return true
    }

    private mutating func switchTo(_ name: Span<UInt8>) {
        store()
        current = []
        for index in name.indices { current.append(name[index]) }
        currentMark = marks[current] ?? -1
    }

    private mutating func store() {
        if currentMark >= 0, marks[current] != currentMark {
            marks[current] = currentMark
            changed.insert(current)
        }
    }
}
