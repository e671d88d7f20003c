import Synchronization

/// A cursor store that lasts as long as the process: for tests, and for pipelines that start anew.
///
/// One value stands for the store; every claim and move is atomic.
public final class InMemoryCursorStore: CursorStore {
    private let cursors = Mutex<[Int: Cursor]>([:])

    public init() {}

    public func claim(_ partition: Int) async throws(CursorError) -> Cursor {
        cursors.withLock { cursors in
            let old = cursors[partition] ?? .start
            let claimed = Cursor(nextOffset: old.nextOffset, epoch: old.epoch + 1)
            cursors[partition] = claimed
            return claimed
        }
    }

    public func cursor(of partition: Int) async throws(CursorError) -> Cursor {
        cursors.withLock { $0[partition] ?? .start }
    }

    public func advance(_ range: OffsetRange, epoch: Int) async throws(CursorError) {
        let refused = cursors.withLock { cursors -> Cursor? in
            let current = cursors[range.partition] ?? .start
            guard current == Cursor(nextOffset: range.lower, epoch: epoch), epoch > 0 else {
                return current
            }
            cursors[range.partition] = Cursor(nextOffset: range.upper, epoch: epoch)
            return nil
        }
        if let refused { throw .fenced(current: refused) }
    }
}

extension Cursor {
    /// Before the first claim.
    public static var start: Cursor { Cursor(nextOffset: 0, epoch: 0) }
}
