import Streams
import Synchronization

/// Keeps the index of a ledger behind its writer, on the index's own thread.
///
/// The writer only says that there is more; what is said while the index catches up is done in one
/// go afterwards.
public final class IndexFollower: Sendable {
    private struct State {
        /// The newest size that was told.
        var wanted = 0
        var isEnding = false
    }

    private let index: EntryIndex
    private let state = Mutex(State())
    private let more = ChangeSignal()

    public init(_ index: EntryIndex) {
        self.index = index
    }

    /// How far the index is.
    public var progress: EntryIndexProgress { index.progress }

    /// Says that the ledger is published up to `size` entries; returns at once.
    public func note(size: Int) {
        state.withLock { $0.wanted = max($0.wanted, size) }
        more.signal()
    }

    /// Lets ``run(report:)`` return once the index has caught up with what was told.
    public func finish() {
        state.withLock { $0.isEnding = true }
        more.signal()
    }

    /// Follows, from what is published now, until ``finish()`` or until the task is cancelled.
    ///
    /// - Parameter report: Is shown how far the index is after each transaction.
    /// - Throws: ``EntryIndexError``, which harms nothing but the index; the ledger goes on.
    public func run(
        report: @escaping @Sendable (EntryIndexProgress) -> Void = { _ in }
    ) async throws(EntryIndexError) {
        while !Task.isCancelled {
            let version = more.version
            let isEnding = state.withLock { $0.isEnding }
            try await index.follow(report: report)
            if isEnding { return }
            do {
                try await more.wait(after: version)
            } catch {
                // Cancelled: what is committed is kept.
                return
            }
        }
    }
}
