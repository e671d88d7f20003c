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
    /// Gets what keeps the run from going on.
    private let failures: AsyncStream<LedgerError>.Continuation

    init(
        size: Int,
        root: Digest,
        from start: Int,
        to end: Int,
        meter: ProgressMeter,
        failures: AsyncStream<LedgerError>.Continuation
    ) {
        state = Mutex(Counts(size: size, root: root, nextOffset: start))
        self.start = start
        self.end = end
        self.meter = meter
        self.failures = failures
    }

    var counts: Counts { state.withLock { $0 } }

    func observe(_ event: LedgerEvent) {
        switch event {
        case .stored(let progress):
            let counts = state.withLock { counts in
                counts.entries += progress.entries
                counts.dead += progress.refused
                counts.size = progress.size
                counts.root = progress.root
                counts.nextOffset = progress.nextOffset
                return counts
            }
            meter.update(done: counts.nextOffset - start, of: max(end, counts.nextOffset) - start)
        case .retrying(_, let error):
            // A command says that the disk is full and ends; a service would wait for space.
            failures.yield(error)
        }
    }
}
