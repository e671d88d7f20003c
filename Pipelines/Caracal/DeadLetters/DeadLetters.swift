import CommandLineInterface
import LedgersEmbedded
import Streams
import StreamsEmbedded
import Synchronization

/// The dead letters of a folder: those of ingest, then those of run.
struct DeadLetters {
    let folder: CaracalFolder

    /// Shows `visit` one letter after another, in one pass, until it returns `false`.
    ///
    /// It is called on threads of their own, which it may block.
    func forEach(
        _ visit: @escaping @Sendable (DeadLetterItem) -> Bool
    ) async throws(CommandError) {
        let goesOn = Mutex(true)
        try await folder.letters { stored in
            let more = visit(DeadLetterItem(stored))
            goesOn.withLock { $0 = more }
            return more
        }
        guard goesOn.withLock({ $0 }) else { return }
        let log = try await folder.eventLog()
        let sent: [String: Int]
        do {
            sent = try await log.redriven()
        } catch {
            throw CommandError(error)
        }
        let reader = try folder.ledgerReader()
        do {
            try await BlockingExecutor(label: "caracal.letters").perform {
                () throws(StorageError) in
                try reader.refused { _, refused in
                    visit(DeadLetterItem(refused, redrivenAt: sent[DeadLetterItem.id(of: refused)]))
                }
            }
        } catch {
            throw CommandError(error)
        }
    }

    /// The letter with this id.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/noInput`` if there is none.
    func letter(_ id: String) async throws(CommandError) -> DeadLetterItem {
        let found = Mutex<DeadLetterItem?>(nil)
        try await forEach { item in
            guard item.id == id else { return true }
            found.withLock { $0 = item }
            return false
        }
        guard let item = found.withLock({ $0 }) else {
            throw CommandError(
                "\(folder.path): there is no dead letter '\(id)'; see 'caracal dlq list'",
                exitCode: .noInput
            )
        }
        return item
    }
}
