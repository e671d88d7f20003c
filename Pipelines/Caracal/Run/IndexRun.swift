import CommandLineInterface
import LedgersEmbedded

/// The index beside a run: it follows the ledger and never holds it back.
struct IndexRun {
    private let index: EntryIndex
    private let follower: IndexFollower
    private let console: Console

    /// Opens the index for writing.
    ///
    /// - Returns: `nil` if it cannot be used: the ledger goes on without it, and that is said.
    static func open(_ folder: CaracalFolder, _ console: Console) async -> IndexRun? {
        do {
            let index = try await EntryIndex.open(folder.ledger)
            return IndexRun(index: index, follower: IndexFollower(index), console: console)
        } catch {
            console.errors("\(error)")
            return nil
        }
    }

    /// Tells the index that the ledger has grown.
    func note(size: Int) {
        follower.note(size: size)
    }

    /// Lets ``run()`` end once the index has caught up.
    func finish() {
        follower.finish()
    }

    /// Follows until ``finish()``.
    func run(_ report: @escaping @Sendable (EntryIndexProgress) -> Void) async {
        do {
            try await follower.run(report: report)
        } catch {
            console.errors("\(error)")
        }
        await index.close()
    }
}
