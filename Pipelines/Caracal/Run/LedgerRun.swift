import Assembly
import Checkpoints
import CommandLineInterface
import Cryptography
import LedgerGraph
import Ledgers
import LedgersEmbedded
import Streams
import StreamsEmbedded

/// One run of the ledger's pipeline over a folder.
struct LedgerRun {
    /// What a run has done.
    struct Outcome {
        let counts: RunProgress.Counts
        let elapsed: Duration
        /// Whether everything that was to be done is.
        let isComplete: Bool

        /// The last line of the command.
        var line: String {
            let seconds = elapsed / .seconds(1)
            let rate = seconds > 0 ? Double(counts.entries) / seconds : 0
            return "entries \(counts.entries) dead \(counts.dead) rate \(Int(rate.rounded()))/s "
                + "size \(counts.size) root \(counts.root.base64)"
        }
    }

    private let folder: CaracalFolder
    private let key: SignerKey
    private let shutdown: Shutdown
    private let console: Console
    private let log: EmbeddedEventLog
    private let store: EmbeddedLedgerStore

    /// Takes run's role, and says what had to be mended.
    ///
    /// - Throws: ``CommandError``, with ``ExitCode/tryAgain`` if another process has the role.
    static func open(
        _ folder: CaracalFolder,
        key: SignerKey,
        shutdown: Shutdown,
        _ console: Console
    ) async throws(CommandError) -> Self {
        // First, as opening the ledger may write to it, and without a log nothing can be done.
        let log = try await folder.eventLog()
        let store: EmbeddedLedgerStore
        do {
            store = try await EmbeddedLedgerStore.open(folder.ledger)
        } catch {
            throw CommandError(error)
        }
        if let cut = await store.cut {
            console.errors(
                "\(cut.path): cut off \(cut.to - cut.from) bytes at byte \(cut.from), which a crash "
                    + "left unfinished: \(cut.reason)"
            )
        }
        return Self(
            folder: folder,
            key: key,
            shutdown: shutdown,
            console: console,
            log: log,
            store: store
        )
    }

    /// Runs until the process is asked to end, or until the log is drained.
    func run(
        _ settings: CaracalSettings,
        untilDrained: Bool
    ) async throws(CommandError) -> Outcome {
        let head = try folder.ledgerReader().head
        let end = try await end()
        guard head.nextOffset <= end else {
            throw CommandError(
                "\(folder.events): ends at \(end), and the ledger has taken \(head.nextOffset): "
                    + "restore the event log from a backup",
                exitCode: .badData
            )
        }
        let runtime = Runtime.live(drain: shutdown.drain)
        let meter = ProgressMeter("run", unit: "records", console)
        let index = settings.index == .follow ? await IndexRun.open(folder, console) : nil
        let progress = RunProgress(
            size: head.size,
            root: head.root,
            from: head.nextOffset,
            to: end,
            meter: meter,
            index: index
        )
        let log = log
        let endOfLog: @Sendable (Int) async throws -> Int = { try await log.end(of: $0) }
        let service = LedgerService<EmbeddedEventLog, EmbeddedLedgerStore>(
            log: log,
            store: store,
            sign: treeHeadSigner(key) { [key] _ in key.name },
            runtime: runtime,
            options: settings.pipeline,
            untilEnd: untilDrained ? endOfLog : nil,
            // A command says that the disk is full and ends; a service would wait for space.
            isRetried: { _ in false },
            observe: { progress.observe($0) }
        )
        let start = runtime.clock.now()
        let error = await run(service, beside: index) {
            meter.finish()
        }
        await store.close()
        if let error { throw Self.commandError(error, folder) }
        let counts = progress.counts
        return Outcome(
            counts: counts,
            elapsed: runtime.clock.now() - start,
            isComplete: !shutdown.isRequested || counts.nextOffset >= end
        )
    }

    private func end() async throws(CommandError) -> Int {
        do {
            return try await log.end(of: 0)
        } catch {
            throw CommandError(error)
        }
    }

    /// Runs the service, with the index behind it until that has caught up.
    ///
    /// - Parameters:
    ///   - service: The pipeline.
    ///   - index: The index, if it is to follow.
    ///   - ended: Called when the service has ended.
    /// - Returns: What the service threw.
    private func run(
        _ service: LedgerService<EmbeddedEventLog, EmbeddedLedgerStore>,
        beside index: IndexRun?,
        ended: @Sendable () -> Void
    ) async -> (any Error)? {
        await withTaskGroup(of: Void.self) { group in
            if let index { group.addTask { await index.run { _ in } } }
            var failure: (any Error)?
            do {
                try await service.run()
            } catch {
                failure = error
            }
            ended()
            index?.finish()
            // Whoever asked for the end does not wait for the index: the next run goes on with it.
            if failure != nil || shutdown.isRequested { group.cancelAll() }
            return failure
        }
    }

    private static func commandError(_ error: any Error, _ folder: CaracalFolder) -> CommandError {
        var cause = error
        if let failure = cause as? PartitionFailure { cause = failure.underlying }
        if case GraphError.stage(_, let underlying) = cause { cause = underlying }
        switch cause {
        case let error as CommandError: return error
        case let error as LedgerError: return CommandError(error, folder)
        case let error as StorageError: return CommandError(error)
        case let error as EventLogError: return CommandError(error, folder)
        default: return CommandError("\(folder.path): \(cause)", exitCode: .ioError)
        }
    }
}

extension CommandError {
    /// Why the ledger could not be extended.
    init(_ error: LedgerError, _ folder: CaracalFolder) {
        let (message, exitCode): (String, ExitCode) =
            switch error {
            case .fenced: ("another process has taken over", .tryAgain)
            case .inDoubt(let reason), .unavailable(let reason): (reason, .ioError)
            case .notWritable(let reason):
                ("\(reason); make room and run again, what is committed stays", .ioError)
            case .refused(let reason): (reason, .badData)
            case .verificationFailed(let index):
                (
                    "entry \(index) was read back otherwise than it was written; nothing was signed",
                    .ioError
                )
            case .signingFailed(let reason): ("cannot sign: \(reason)", .notPermitted)
            case .damaged(let reason), .unusable(let reason): (reason, .badData)
            }
        self.init("\(folder.path): \(message)", exitCode: exitCode)
    }

    /// Why the event log could not be read.
    init(_ error: EventLogError, _ folder: CaracalFolder) {
        switch error {
        case .damaged(_, let offset, let reason):
            self.init(
                "\(folder.events): damaged at offset \(offset): \(reason); 'caracal verify' says "
                    + "more; restore it from a backup",
                exitCode: .badData
            )
        case .unavailable(let reason):
            self.init("\(folder.events): \(reason)", exitCode: .ioError)
        default: self.init("\(folder.events): \(error)", exitCode: .badData)
        }
    }
}
