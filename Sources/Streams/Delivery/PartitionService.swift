/// Runs one piece of work for each partition that a member of an event log's group holds.
///
/// On *assign* the work starts; it claims the cursor and seeks by itself. On *revoke* it is asked to
/// drain, and the partition is released when it has ended, or been cancelled at the deadline. On
/// *lost* it is cancelled at once, and nothing is released. When ``drain`` is requested, everything
/// drains in the same way and the member leaves the group. A partition never has two works at a
/// time: one assigned anew while its old work still ends waits for that end.
public struct PartitionService<Log: EventLog>: Sendable {
    /// The work on one partition, until the switch says to finish: what it has begun is committed,
    /// and nothing else is read.
    public typealias Work = @Sendable (_ partition: Int, _ drain: DrainSwitch) async throws -> Void

    private enum Event: Sendable {
        case changed(AssignmentChange)
        case logEnded((any Error)?)
        case drainRequested
        case ended(partition: Int, life: Int, (any Error)?)
        case deadlinePassed(partition: Int, life: Int)
        case restartDue(partition: Int, life: Int)
    }

    private let log: Log
    private let clock: GraphClock
    private let drain: DrainSwitch
    private let drainDeadline: Duration
    private let onFailure: @Sendable (Int, any Error) -> PartitionFailureResponse
    private let work: Work

    /// Makes a service that begins when it is run.
    ///
    /// - Parameters:
    ///   - log: The member whose partitions are worked on.
    ///   - clock: Measures deadlines and pauses.
    ///   - drain: Ends the service, in order.
    ///   - drainDeadline: How long work may take to drain before it is cancelled.
    ///   - onFailure: Says what to do about work that threw; the place to report it. Not asked about
    ///     work that was cancelled.
    ///   - work: The work on one partition; it heeds its switch and cancellation.
    public init(
        log: Log,
        clock: GraphClock,
        drain: DrainSwitch = DrainSwitch(),
        drainDeadline: Duration = .seconds(25),
        onFailure: @escaping @Sendable (Int, any Error) -> PartitionFailureResponse = { _, _ in
            .stopService
        },
        work: @escaping Work
    ) {
        self.log = log
        self.clock = clock
        self.drain = drain
        self.drainDeadline = drainDeadline
        self.onFailure = onFailure
        self.work = work
    }

    /// Works until the drain is requested and done, the log ends, or a failure stops the service.
    ///
    /// Cancelling cancels all work, releases nothing, and leaves the group.
    ///
    /// - Throws: ``PartitionFailure``; whatever the log threw; or `CancellationError`.
    public func run() async throws {
        // Bounded by what it carries: one event a change, and three a life.
        let (events, sender) = AsyncStream<Event>.makeStream()
        let waker = drain.onRequest { sender.yield(.drainRequested) }
        defer { drain.forget(waker) }
        let failure = await withDiscardingTaskGroup { group in
            group.addTask { await listen(sender) }
            var shell = Shell(service: self, sender: sender)
            for await event in events where await shell.handle(event, in: &group) {
                break
            }
            group.cancelAll()
            return shell.failure
        }
        await log.close()
        if let failure { throw failure }
        try Task.checkCancellation()
    }

    private func listen(_ sender: AsyncStream<Event>.Continuation) async {
        do {
            while let change = try await log.nextChange() { sender.yield(.changed(change)) }
            sender.yield(.logEnded(nil))
        } catch {
            sender.yield(.logEnded(error))
        }
    }

    /// One life, which ends early when `cancelled` finishes.
    private func live(
        _ partition: Int,
        _ drain: DrainSwitch,
        until cancelled: AsyncStream<Void>
    ) async -> (any Error)? {
        await withTaskGroup(of: (any Error)??.self) { group in
            group.addTask {
                do {
                    try await work(partition, drain)
                    return .some(nil)
                } catch {
                    return .some(error)
                }
            }
            group.addTask {
                for await _ in cancelled {}
                return .none
            }
            var outcome: (any Error)?
            for await ended in group {
                if let ended { outcome = ended }
                group.cancelAll()
            }
            return outcome
        }
    }

    /// Does what ``PartitionLives`` decides.
    private struct Shell {
        let service: PartitionService
        let sender: AsyncStream<Event>.Continuation
        var lives = PartitionLives()
        var failure: (any Error)?
        private var drains: [Int: DrainSwitch] = [:]
        private var cancellers: [Int: AsyncStream<Void>.Continuation] = [:]

        init(service: PartitionService, sender: AsyncStream<Event>.Continuation) {
            self.service = service
            self.sender = sender
        }

        /// Returns whether that was all.
        mutating func handle(_ event: Event, in group: inout DiscardingTaskGroup) async -> Bool {
            var isOver = false
            for action in decide(event) {
                switch action {
                case .start(let partition, let life): start(partition, life, in: &group)
                case .drain(let partition, let life): drain(partition, life, in: &group)
                case .cancel(let life): cancellers[life]?.finish()
                case .release(let partitions): await service.log.release(partitions)
                case .pause(let partition, let life, let pause):
                    let event = Event.restartDue(partition: partition, life: life)
                    send(event, after: pause, in: &group)
                case .close: isOver = true
                }
            }
            return isOver
        }

        private mutating func decide(_ event: Event) -> [PartitionLives.Action] {
            switch event {
            case .changed(let change):
                return lives.changed(change)
            case .logEnded(let error):
                failure = failure ?? error
                return lives.logEnded()
            case .drainRequested:
                return lives.drainRequested()
            case .ended(let partition, let life, let error):
                drains[life] = nil
                cancellers[life] = nil
                let response = respond(to: error, of: life, on: partition)
                return lives.ended(partition: partition, life: life, failure: response)
            case .deadlinePassed(let partition, let life):
                return lives.deadlinePassed(partition: partition, life: life)
            case .restartDue(let partition, let life):
                return lives.restartDue(partition: partition, life: life)
            }
        }

        private mutating func respond(
            to error: (any Error)?,
            of life: Int,
            on partition: Int
        ) -> PartitionFailureResponse? {
            guard let error, !lives.isCancelled(partition: partition, life: life) else {
                return nil
            }
            let response = service.onFailure(partition, error)
            if response == .stopService {
                failure = failure ?? PartitionFailure(partition: partition, underlying: error)
            }
            return response
        }

        private mutating func start(
            _ partition: Int,
            _ life: Int,
            in group: inout DiscardingTaskGroup
        ) {
            let drain = DrainSwitch()
            let (cancelled, canceller) = AsyncStream<Void>.makeStream()
            drains[life] = drain
            cancellers[life] = canceller
            group.addTask { [service, sender] in
                let error = await service.live(partition, drain, until: cancelled)
                sender.yield(.ended(partition: partition, life: life, error))
            }
        }

        private func drain(_ partition: Int, _ life: Int, in group: inout DiscardingTaskGroup) {
            drains[life]?.request()
            let event = Event.deadlinePassed(partition: partition, life: life)
            send(event, after: service.drainDeadline, in: &group)
        }

        private func send(
            _ event: Event,
            after pause: Duration,
            in group: inout DiscardingTaskGroup
        ) {
            let due = service.clock.now() + pause
            group.addTask { [service, sender] in
                do {
                    try await service.clock.sleep(due)
                    sender.yield(event)
                } catch {
                    return  // The service is over, and needs no reminder.
                }
            }
        }
    }
}
