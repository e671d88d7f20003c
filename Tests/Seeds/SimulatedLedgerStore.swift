import Ledgers
import Streams
import StreamsTesting

/// A ledger store behind messages that are slow, lost, or lose their answer.
struct SimulatedLedgerStore: LedgerStore {
    let truth = InMemoryLedgerStore()
    let service: SimulatedService
    /// What is wrong with it, in the worlds that show that it would be found.
    var flaw: LedgerFlaw?
    /// Whether the entry with these bytes is one that the store never takes.
    var refuses: @Sendable ([UInt8]) -> Bool = { _ in false }
    /// Whether a transaction that was read back and signed is given up at its end, as one that cannot
    /// be serialized with others is.
    var aborts: @Sendable () -> Bool = { false }
    /// Whether the store is down: it answers, and does nothing.
    var isDown: @Sendable () -> Bool = { false }

    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try await ask { [truth] () async throws(LedgerError) in try await truth.claim(partition) }
    }

    func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        try await ask { [truth] () async throws(LedgerError) in
            try await truth.cursor(of: partition)
        }
    }

    func recentEvents(
        of partition: Int,
        limit: Int
    ) async throws(LedgerError) -> EventIDWindow {
        try await ask { [truth] () async throws(LedgerError) in
            try await truth.recentEvents(of: partition, limit: limit)
        }
    }

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        switch flaw {
        case nil, .lossPassedOver:
            try await send(batch, seal)
        case .gapsCounted:
            try await send(batch.counted, seal)
        case .abortIgnored:
            do throws(LedgerError) {
                try await send(await batch.moved(to: truth), seal)
            } catch {
                guard case .unavailable = error, !Task.isCancelled else { throw error }
            }
        case .noFencing:
            try await send(await batch.moved(to: truth), seal)
        case .cursorSeparately:
            try await send(batch.entriesOnly, seal)
            try await send(batch.cursorOnly, seal)
        case .doubtIgnored:
            do throws(LedgerError) {
                try await send(batch, seal)
            } catch {
                guard case .inDoubt = error, !Task.isCancelled else { throw error }
                try await send(await batch.moved(to: truth), seal)
            }
        }
    }

    private func send(
        _ batch: LedgerBatch,
        _ seal: @escaping LedgerSeal
    ) async throws(LedgerError) {
        try await call { [truth, refuses, aborts] () async throws(LedgerError) in
            for part in batch.parts
            where part.elements.contains(where: { refuses(Array(part.bytes[$0.range])) }) {
                throw .refused(reason: "the store will not have it")
            }
            if batch.count > 0, aborts() {
                _ = try await seal(batch.parts.flatMap { $0.elements.map(\.leaf) })
                throw .unavailable(reason: "could not serialize access: 40001")
            }
            try await truth.commit(batch, seal: seal)
        }
    }

    private func call<Answer: Sendable>(
        _ operation: @escaping @Sendable () async throws(LedgerError) -> Answer
    ) async throws(LedgerError) -> Answer {
        let result: Result<Answer, LedgerError>
        do throws(ServiceFault) {
            result = try await service.call { [isDown] in
                if isDown() { return .failure(.unavailable(reason: "the store is down")) }
                do throws(LedgerError) {
                    return .success(try await operation())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            switch error {
            case .unreachable: throw .unavailable(reason: "unreachable")
            case .noAnswer: throw .inDoubt(reason: "no answer")
            }
        }
        return try result.get()
    }

    /// Asks again until there is an answer: what is asked changes nothing, or only an epoch.
    private func ask<Answer: Sendable>(
        _ operation: @escaping @Sendable () async throws(LedgerError) -> Answer
    ) async throws(LedgerError) -> Answer {
        while true {
            do throws(LedgerError) {
                return try await call(operation)
            } catch {
                guard !Task.isCancelled else { throw .unavailable(reason: "cancelled") }
                switch error {
                case .unavailable, .inDoubt: continue
                default: throw error
                }
            }
        }
    }
}
