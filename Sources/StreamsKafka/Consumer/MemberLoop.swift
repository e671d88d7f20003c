import Streams
import Synchronization

/// The thread of a member: serves librdkafka's queue, does what readers ask, answers the group.
///
/// It sleeps on an event counter that librdkafka and commands count up, and wakes on its own once a
/// second: a member that does not look at its queue for `max.poll.interval.ms` is put out.
struct MemberLoop: ~Copyable {
    private static let tickMilliseconds = 1_000
    /// The answer to a seek gets lost now and then while librdkafka begins to fetch a partition;
    /// to seek again does no harm.
    private static let seekAttempts = 25

    private let member: KafkaMember
    private let wakes: WakeCounter
    private let queries: BlockingExecutor
    private let tick: Int32
    private var router: FetchRouter
    private var closing: [CheckedContinuation<Void, Never>] = []
    private var isClosing = false

    init(
        _ member: KafkaMember,
        _ wakes: WakeCounter,
        queries: BlockingExecutor,
        pollInterval: Int?
    ) throws(KafkaError) {
        self.member = member
        self.wakes = wakes
        self.queries = queries
        let quarter = (pollInterval ?? 300_000) / 4
        tick = Int32(clamping: min(Self.tickMilliseconds, max(1, quarter)))
        router = try FetchRouter(member, wakes: wakes)
    }

    /// Works until the member is told to close, and has left its group.
    mutating func run() {
        while !isClosing {
            for command in member.takeCommands() { perform(command) }
            let (count, notices) = router.serve()
            for rebalance in member.handle.callbacks.takeRebalances() { answer(rebalance) }
            for notice in notices { handle(notice) }
            for error in member.handle.callbacks.takeErrors() { handle(error) }
            lookForLoss()
            // Data comes faster than the group need know of it: only who is about to sleep tells it.
            if count == 0, !isClosing {
                commit()
                if !wakes.sleep(milliseconds: tick) {
                    for partition in member.endHolding() { resume(partition) }
                }
            }
        }
        end()
    }

    private mutating func perform(_ command: KafkaMember.Command) {
        switch command {
        case .open(let partition, let offset, let continuation):
            continuation.resume(returning: open(partition, from: offset))
        case .resume(let partition):
            resume(partition)
        case .release(let partitions, let continuation):
            commit()
            let (givenUp, kept) = member.membership.withLock { membership in
                let givenUp = membership.release(partitions).givenUp
                return (givenUp, membership.held.intersection(partitions).sorted())
            }
            member.close(partitions)
            // Nobody has asked these back: they are held, and fetched for nobody.
            if !kept.isEmpty { member.handle.pause(kept, of: member.topic) }
            if !givenUp.isEmpty { giveUp(givenUp) }
            continuation.resume()
        case .close(let continuation):
            isClosing = true
            if let continuation { closing.append(continuation) }
        }
    }

    private func open(
        _ partition: Int,
        from offset: Int
    ) -> Result<KafkaReader, EventLogError> {
        guard member.membership.withLock({ $0.held.contains(partition) }) else {
            return .failure(.notAssigned(partition: partition))
        }
        let reader = member.open(partition, from: offset)
        resume(partition)
        return .success(reader)
    }

    private func resume(_ partition: Int) {
        guard let offset = member.offsetToResume(partition) else { return }
        var failure: KafkaError?
        for _ in 0..<Self.seekAttempts {
            do throws(KafkaError) {
                return try member.handle.resume(partition, of: member.topic, at: offset)
            } catch {
                failure = error
            }
            guard let failure, failure.isRetriable || failure.kind == .timedOut else { break }
            // Whatever has woken it meanwhile is still to be looked at.
            if wakes.sleep(milliseconds: 10) { wakes.wake() }
        }
        let reason = failure?.description ?? "the seek was not answered"
        member.fail(partition, EventLogError.unavailable(reason: reason))
    }
}

// MARK: What the group says

extension MemberLoop {
    private func answer(_ rebalance: KafkaCallbacks.Rebalance) {
        let partitions = rebalance.partitions
        if rebalance.isAssignment {
            attempt { () throws(KafkaError) in
                try member.handle.assign(partitions, of: member.topic)
            }
            member.membership.withLock { $0.assign(partitions) }
        } else if rebalance.isLost {
            lose(partitions)
        } else if member.membership.withLock({ $0.revoke(partitions) }) {
            giveUp(partitions)
        }
        member.changes.signal()
    }

    /// Notices that partitions which are being drained have been given to others meanwhile.
    private func lookForLoss() {
        let revoked = member.membership.withLock { $0.revoked }
        guard !revoked.isEmpty, member.handle.isAssignmentLost else { return }
        lose(revoked)
        member.changes.signal()
    }

    private func lose(_ partitions: [Int]) {
        member.membership.withLock { $0.lose(partitions) }
        member.close(partitions)
        giveUp(partitions)
    }

    /// Tells librdkafka that the work on what was asked back is over.
    private func giveUp(_ partitions: [Int]) {
        attempt { () throws(KafkaError) in
            try member.handle.unassign(partitions, of: member.topic)
        }
    }

    private func attempt(_ body: () throws(KafkaError) -> Void) {
        do throws(KafkaError) {
            try body()
        } catch {
            handle(error)
        }
    }

    private func commit() {
        var offsets = member.takeAcknowledged()
        if offsets.isEmpty { return }
        let held = member.membership.withLock { $0.held }
        offsets = offsets.filter { held.contains($0.key) }
        if !offsets.isEmpty { member.handle.commit(offsets, of: member.topic) }
    }
}

// MARK: What goes wrong

extension MemberLoop {
    private func handle(_ notice: FetchRouter.Notice) {
        let partition = notice.partition
        guard notice.isOutOfRange || notice.isDamage else {
            return handle(member.handle.callbacks.explained(notice.error))
        }
        // Nobody reads the partition: there is nothing to be told of.
        guard let position = member.position(of: partition) else { return }
        if notice.isDamage {
            let error = EventLogError.damaged(
                partition: partition,
                offset: max(position, notice.offset),
                reason: notice.error.reason
            )
            return member.fail(partition, error)
        }
        queries.run { [member] in
            do throws(EventLogError) {
                let (begin, end) = try member.ends(of: partition)
                // Said of an offset that was asked for before the reader's own.
                if begin <= position, position <= end { return member.restart(partition) }
                let error = EventLogError.offsetOutOfRange(
                    partition: partition,
                    offset: position,
                    begin: begin,
                    end: end
                )
                member.fail(partition, error)
            } catch {
                member.fail(partition, error)
            }
        }
    }

    private func handle(_ error: KafkaError) {
        let final = error.isFatal ? member.handle.finalError(error.operation) ?? error : error
        guard member.membership.withLock({ $0.stops(for: final) }) else {
            return member.handle.callbacks.observe(.error(final))
        }
        let held = member.membership.withLock { membership in
            membership.fail(final)
            return membership.held
        }
        for partition in held { member.fail(partition, final) }
        member.changes.signal()
    }

    private mutating func end() {
        let held = member.membership.withLock { membership in
            defer { membership.close() }
            return membership.held
        }
        member.close(held.sorted())
        let offsets = member.takeAcknowledged().filter { held.contains($0.key) }
        if !offsets.isEmpty { member.handle.commit(offsets, of: member.topic) }
        member.handle.leaveGroup()
        for command in member.endCommands() {
            switch command {
            case .open(let partition, _, let continuation):
                continuation.resume(returning: .failure(.notAssigned(partition: partition)))
            case .release(_, let continuation): continuation.resume()
            case .close(let continuation?): closing.append(continuation)
            case .close(nil), .resume: break
            }
        }
        member.changes.signal()
        for continuation in closing { continuation.resume() }
    }
}
