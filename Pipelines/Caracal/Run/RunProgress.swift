import Cryptography
import Ledgers
import Streams
import Synchronization

/// What a run has stored so far; told by the graph, read by the command.
final class RunProgress: Sendable {
    /// The counts of this run, and where the ledger is.
    struct Counts: Sendable {
        var entries = 0
        var dead = 0
        var size: Int
        var root: Digest
        /// The first offset that is not done.
        var nextOffset: Int
    }

    private let state: Mutex<Counts>
    /// The offset at which the log ended when the run began.
    private let end: Int
    private let start: Int
    private let meter: ProgressMeter
    private let index: IndexRun?

    init(
        size: Int,
        root: Digest,
        from start: Int,
        to end: Int,
        meter: ProgressMeter,
        index: IndexRun?
    ) {
        state = Mutex(Counts(size: size, root: root, nextOffset: start))
        self.start = start
        self.end = end
        self.meter = meter
        self.index = index
    }

    var counts: Counts { state.withLock { $0 } }

    func observe(_ event: LedgerEvent) {
        guard case .stored(let progress) = event else { return }
        let counts = state.withLock { counts in
            counts.entries += progress.entries
            counts.dead += progress.refused
            counts.size = progress.size
            counts.root = progress.root
            counts.nextOffset = progress.nextOffset
            return counts
        }
        index?.note(size: counts.size)
        meter.update(done: counts.nextOffset - start, of: max(end, counts.nextOffset) - start)
    }
}
