public import Ledgers
public import Streams

/// Writes the ledgers of all partitions that a member of an event log holds.
///
/// On *assign* a partition's cursor is claimed and its graph runs from there; on *revoke* it drains
/// within a deadline, and on *lost* it is cancelled. A batch that the store refuses for good is
/// split by running again from the cursor with ever smaller batches, until the one record that
/// cannot be stored becomes a dead letter in the transaction that moves its offset.
public struct LedgerService<Log: EventLog, Store: LedgerStore>: Sendable
where Log.Reader: Sendable {
    private let log: Log
    private let store: Store
    private let sign: TreeHeadSigner
    private let runtime: Runtime
    private let options: LedgerPipeline.Options
    private let input: LedgerPipeline.Input
    private let mode: ExecutionMode
    private let end: (@Sendable (_ partition: Int) async throws -> Int)?
    private let drainDeadline: Duration
    private let onFailure: @Sendable (Int, any Error) -> PartitionFailureResponse
    private let isRetried: @Sendable (LedgerError) -> Bool
    private let observe: @Sendable (LedgerEvent) -> Void

    /// Makes a service that begins when it is run.
    ///
    /// - Parameters:
    ///   - log: What is read.
    ///   - store: Where the ledgers are.
    ///   - sign: Makes checkpoints.
    ///   - runtime: Time, chance, executor; its drain ends the service in order.
    ///   - options: How graphs are cut and bounded.
    ///   - input: What the log's records are.
    ///   - mode: Where tasks begin; only tests change it.
    ///   - end: If given, tells a partition's end, and the service ends once every partition that
    ///     it was assigned has been read up to there.
    ///   - drainDeadline: How long a partition may take to drain.
    ///   - onFailure: What to do about a partition whose work failed.
    ///   - isRetried: Says which failures of the store are tried again.
    ///   - observe: Is shown what is stored and what is tried again.
    public init(
        log: Log,
        store: Store,
        sign: @escaping TreeHeadSigner,
        runtime: Runtime,
        options: LedgerPipeline.Options = LedgerPipeline.Options(),
        input: LedgerPipeline.Input = .canonical,
        mode: ExecutionMode = .declared,
        untilEnd end: (@Sendable (_ partition: Int) async throws -> Int)? = nil,
        drainDeadline: Duration = .seconds(25),
        onFailure: @escaping @Sendable (Int, any Error) -> PartitionFailureResponse = { _, _ in
            .stopService
        },
        isRetried: @escaping @Sendable (LedgerError) -> Bool = { $0.isRetriable },
        observe: @escaping @Sendable (LedgerEvent) -> Void = { _ in }
    ) {
        self.log = log
        self.store = store
        self.sign = sign
        self.runtime = runtime
        self.options = options
        self.input = input
        self.mode = mode
        self.end = end
        self.drainDeadline = drainDeadline
        self.onFailure = onFailure
        self.isRetried = isRetried
        self.observe = observe
    }

    /// Runs until the drain is requested and done, the log ends, or a failure stops the service.
    ///
    /// - Throws: ``PartitionFailure``; whatever the log threw; or `CancellationError`.
    public func run() async throws {
        if end != nil { return try await runToTheEnd() }
        let service = PartitionService(
            log: log,
            clock: runtime.clock,
            drain: runtime.drain,
            drainDeadline: drainDeadline,
            onFailure: onFailure,
            work: { partition, drain in try await write(partition, until: drain) }
        )
        try await service.run()
    }

    /// Writes what the first assignment has until each partition has run empty once.
    private func runToTheEnd() async throws {
        do {
            guard case .assigned(let partitions) = try await log.nextChange() else { return }
            try await withThrowingDiscardingTaskGroup { group in
                for partition in partitions {
                    group.addTask(executorPreference: runtime.executor) {
                        try await write(partition, until: runtime.drain)
                    }
                }
            }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
    }

    /// Writes one partition's ledger from its cursor on.
    ///
    /// - Throws: ``LedgerError``, what the reader threw, or `CancellationError`; what was stored
    ///   stays stored.
    public func write(_ partition: Int, until drain: DrainSwitch) async throws {
        var attempt = Attempt(options)
        while true {
            let claim = try await store.claim(partition)
            try attempt.begin(at: claim.cursor.nextOffset)
            // Read under the claim, so that no other owner's entries can be missing from it.
            let window =
                attempt.needsWindow
                ? try await store.recentEvents(of: partition, limit: EventIDWindow.standardLimit)
                : nil
            do {
                return try await run(partition, claim, window, attempt, drain)
            } catch GraphError.stage(_, let underlying) {
                switch underlying {
                case is EventIDWindowNeeded:
                    attempt.needsWindow = true
                case LedgerError.refused:
                    attempt.refusal = underlying
                default:
                    throw underlying
                }
            }
        }
    }

    private func run(
        _ partition: Int,
        _ claim: LedgerClaim,
        _ window: EventIDWindow?,
        _ attempt: Attempt,
        _ drain: DrainSwitch
    ) async throws {
        let offset = claim.cursor.nextOffset
        let reader = try await log.reader(of: partition, from: offset)
        let lane = LedgerLane(
            partition: partition,
            claim: claim,
            window: window,
            refusesFirst: attempt.poison == offset
        )
        let sink = LedgerSink(
            store: store,
            sign: sign,
            runtime: runtime,
            isRetried: isRetried,
            acknowledge: { [log] partition, offset in
                await log.acknowledge(partition, upTo: offset)
            },
            observe: observe
        )
        let pipeline = LedgerPipeline(attempt.options, input: input)
        let blueprint: Blueprint
        if let end {
            let draining = DrainingReader(reader, from: offset) { try await end(partition) }
            blueprint = pipeline.blueprint(reader: draining, lane: lane, sink: sink)
        } else {
            blueprint = pipeline.blueprint(reader: reader, lane: lane, sink: sink)
        }
        let runtime = Runtime(
            executor: runtime.executor,
            clock: runtime.clock,
            wallNow: runtime.wallNow,
            random: runtime.random,
            drain: drain,
            chunkLimit: attempt.options.chunkLimit,
            blockLimit: 64
        )
        try await blueprint.run(mode, on: runtime)
    }
}

/// How a partition is run this time: after a refusal with smaller batches, until one is one record.
private struct Attempt {
    private let standard: LedgerPipeline.Options
    private(set) var options: LedgerPipeline.Options
    /// Where the cursor is when the record behind it cannot be stored.
    private(set) var poison: Int?
    /// Whether a record without a sequence has come.
    var needsWindow = false
    /// Why the batch at the cursor was not stored, if the store will never take it.
    var refusal: (any Error)?

    init(_ options: LedgerPipeline.Options) {
        standard = options
        self.options = options
    }

    /// Halves the batches if one was refused, or gives up the record at the cursor if they are of
    /// one record already.
    ///
    /// - Throws: The refusal, if that record is refused as a dead letter too.
    mutating func begin(at offset: Int) throws {
        guard let refusal else { return }
        self.refusal = nil
        if options.batchCount > 1 {
            options.batchCount /= 2
        } else if poison == offset {
            throw refusal
        } else {
            poison = offset
            options.batchCount = standard.batchCount
        }
    }
}
