public import Cryptography
import Merkle
public import Streams

/// Stores batches, each in a transaction of its own, and signs only what was read back.
///
/// A commit in doubt is settled by reading the cursor; a store that is away, full, or a signer that
/// fails is tried again after a pause that doubles up to five seconds, for ever, until the task is
/// cancelled. Everything else is thrown, and the partition's work begins anew from the cursor or
/// ends.
public struct LedgerSink<Store: LedgerStore>: TransactionalSink, Sendable {
    public typealias Element = LedgerBatch

    private let store: Store
    private let sign: TreeHeadSigner
    private let runtime: Runtime
    private let isRetried: @Sendable (LedgerError) -> Bool
    private let acknowledge: @Sendable (_ partition: Int, _ offset: Int) async -> Void
    private let observe: @Sendable (LedgerEvent) -> Void

    /// Makes a sink.
    ///
    /// - Parameters:
    ///   - store: Where the ledger is.
    ///   - sign: Makes a checkpoint of a tree.
    ///   - runtime: Time and chance, for pauses.
    ///   - isRetried: Says which failures are tried again; those that can pass if nothing is said.
    ///   - acknowledge: Is told, after each batch, the first offset that is not stored.
    ///   - observe: Is shown what was stored, and what has to be tried again.
    public init(
        store: Store,
        sign: @escaping TreeHeadSigner,
        runtime: Runtime,
        isRetried: @escaping @Sendable (LedgerError) -> Bool = { $0.isRetriable },
        acknowledge: @escaping @Sendable (_ partition: Int, _ offset: Int) async -> Void = { _, _ in
        },
        observe: @escaping @Sendable (LedgerEvent) -> Void
    ) {
        self.store = store
        self.sign = sign
        self.runtime = runtime
        self.isRetried = isRetried
        self.acknowledge = acknowledge
        self.observe = observe
    }

    public mutating func write(_ chunk: Chunk<LedgerBatch>) async throws {
        for batch in chunk.elements {
            let start = runtime.clock.now()
            try await store(batch)
            observe(
                .stored(
                    LedgerProgress(
                        partition: batch.offsets.partition,
                        nextOffset: batch.offsets.upper,
                        entries: batch.count,
                        refused: batch.refused.count,
                        refusedReasons: batch.refused.reduce(into: [:]) { counts, record in
                            counts[record.reason, default: 0] += 1
                        },
                        duplicates: batch.duplicates,
                        size: batch.after.size,
                        root: batch.after.root,
                        reason: batch.reason,
                        elapsed: runtime.clock.now() - start
                    )
                )
            )
            await acknowledge(batch.offsets.partition, batch.offsets.upper)
        }
    }

    private func store(_ batch: LedgerBatch) async throws {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await store.commit(batch, seal: seal(batch))
            } catch {
                if case .inDoubt = error {
                    if try await isStored(batch, after: error) { return }
                } else {
                    guard isRetried(error) else { throw error }
                    observe(.retrying(partition: batch.offsets.partition, error))
                }
            }
            try await runtime.clock.sleep(runtime.clock.now() + pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    /// Reads the cursor until the store answers: what it says is what happened.
    private func isStored(_ batch: LedgerBatch, after error: LedgerError) async throws -> Bool {
        var pause = Duration.milliseconds(50)
        while true {
            observe(.retrying(partition: batch.offsets.partition, error))
            do throws(LedgerError) {
                let cursor = try await store.cursor(of: batch.offsets.partition)
                guard cursor.epoch == batch.epoch else { throw .fenced(current: cursor) }
                if cursor.nextOffset == batch.offsets.upper { return true }
                if cursor.nextOffset == batch.offsets.lower { return false }
                throw .fenced(current: cursor)
            } catch {
                switch error {
                case .inDoubt: break
                default: guard isRetried(error) else { throw error }
                }
            }
            try await runtime.clock.sleep(runtime.clock.now() + pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    /// Computes the tree again from what was read back, and signs it only if it is the same.
    private func seal(_ batch: LedgerBatch) -> LedgerSeal {
        { [sign] (readBack: [Digest]) async throws(LedgerError) -> [UInt8] in
            var tree = batch.before
            tree.append(contentsOf: readBack)
            guard tree == batch.after else {
                throw .verificationFailed(index: Self.firstDifference(batch, readBack))
            }
            return try await sign(batch.offsets.partition, tree.size, tree.root)
        }
    }

    private static func firstDifference(_ batch: LedgerBatch, _ readBack: [Digest]) -> Int {
        let written = batch.parts.flatMap { $0.elements.map(\.leaf) }
        let same = zip(written, readBack).prefix { $0 == $1 }.count
        return batch.firstIndex + same
    }
}

/// Signs the tree of a partition's log: its size and root become a checkpoint, a signed note.
public typealias TreeHeadSigner =
    @Sendable (_ partition: Int, _ size: Int, _ root: Digest) async throws(LedgerError) -> [UInt8]

/// What happens to a ledger while it is written.
public enum LedgerEvent: Sendable {
    /// A batch is durable, signed and published.
    case stored(LedgerProgress)
    /// Something will be tried again after a pause.
    case retrying(partition: Int, LedgerError)
}
