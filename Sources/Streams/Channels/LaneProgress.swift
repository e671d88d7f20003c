/// Notices when every lane is done with an offset.
///
/// After a partition each lane carries the lineage of the whole chunk. An offset counts as done
/// when the slowest lane has passed it, and what was refused goes on with its offsets, not before
/// them. Offsets are contiguous in each partition of the source.
@usableFromInline
final class LaneProgress {
    /// Rejections whose offsets not every lane has passed.
    private struct Held {
        let lineage: Lineage
        let rejections: [Rejection]
    }

    /// For each lane and partition, the first offset that is not done.
    private var uppers: [[Int: Int]]
    private var isFinished: [Bool]
    private var settled: [Int: Int] = [:]
    /// For each lane, rejections that came before the offsets that they belong to.
    private var early: [[Rejection]]
    private var held: [Held] = []

    @usableFromInline
    init(lanes: Int) {
        uppers = Array(repeating: [:], count: lanes)
        isFinished = Array(repeating: false, count: lanes)
        early = Array(repeating: [], count: lanes)
    }

    /// Takes what one lane says is done, and returns what all say is.
    @usableFromInline
    func settle(_ notes: Notes, of lane: Int) -> Notes {
        if uppers.count == 1 || notes.isEmpty { return notes }
        if !notes.rejections.isEmpty { early[lane] += notes.rejections }
        if notes.lineage.isEmpty { return .none }
        if !early[lane].isEmpty {
            held.append(Held(lineage: notes.lineage, rejections: early[lane]))
            early[lane] = []
        }
        for range in notes.lineage.ranges {
            settled[range.partition] = settled[range.partition] ?? range.lower
            uppers[lane][range.partition] = range.upper
        }
        return advance()
    }

    /// Waits no longer for `lane`, and returns what is done now.
    @usableFromInline
    func finish(_ lane: Int) -> Notes {
        if uppers.count == 1 { return .none }
        isFinished[lane] = true
        var notes = advance()
        if !isFinished.contains(false) {
            notes.rejections += held.flatMap(\.rejections) + early.flatMap(\.self)
            held = []
            early = []
        }
        return notes
    }

    private func advance() -> Notes {
        var lineage = Lineage()
        for (partition, from) in settled.sorted(by: { $0.key < $1.key }) {
            let furthest = uppers.compactMap { $0[partition] }.max() ?? from
            let upTo = zip(uppers, isFinished).reduce(furthest) { least, lane in
                lane.1 ? least : min(least, lane.0[partition] ?? from)
            }
            guard upTo > from else { continue }
            settled[partition] = upTo
            lineage.add(OffsetRange(partition: partition, lower: from, upper: upTo))
        }
        return Notes(lineage: lineage, rejections: held.isEmpty ? [] : release())
    }

    /// The rejections whose offsets every lane has passed by now.
    private func release() -> [Rejection] {
        func isDone(_ held: Held) -> Bool {
            held.lineage.ranges.allSatisfy { $0.upper <= settled[$0.partition] ?? .min }
        }
        let done = held.filter(isDone)
        held.removeAll(where: isDone)
        return done.flatMap(\.rejections)
    }
}
