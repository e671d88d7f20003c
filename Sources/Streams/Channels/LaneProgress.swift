/// Notices when every lane is done with an offset.
///
/// After a partition each lane carries the lineage of the whole chunk. An offset counts as done
/// when the slowest lane has passed it. Offsets are contiguous in each partition of the source.
@usableFromInline
final class LaneProgress {
    /// For each lane and partition, the first offset that is not done.
    private var uppers: [[Int: Int]]
    private var isFinished: [Bool]
    private var settled: [Int: Int] = [:]

    @usableFromInline
    init(lanes: Int) {
        uppers = Array(repeating: [:], count: lanes)
        isFinished = Array(repeating: false, count: lanes)
    }

    /// Takes what one lane says is done, and returns what all say is.
    @usableFromInline
    func settle(_ notes: Notes, of lane: Int) -> Notes {
        if uppers.count == 1 || notes.lineage.isEmpty { return notes }
        for range in notes.lineage.ranges {
            settled[range.partition] = settled[range.partition] ?? range.lower
            uppers[lane][range.partition] = range.upper
        }
        return Notes(lineage: advance(), rejections: notes.rejections)
    }

    /// Waits no longer for `lane`, and returns what is done now.
    @usableFromInline
    func finish(_ lane: Int) -> Notes {
        if uppers.count == 1 { return .none }
        isFinished[lane] = true
        return Notes(lineage: advance())
    }

    private func advance() -> Lineage {
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
        return lineage
    }
}
