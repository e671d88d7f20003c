public import Streams

/// A cursor store behind a ``SimulatedService``: calls can be slow, lost, or lose their answer.
public struct SimulatedCursorStore: CursorStore {
    /// What is true, whatever the callers were told.
    public let truth: InMemoryCursorStore
    /// What stands between the store and its callers.
    public let service: SimulatedService

    public init(in simulation: Simulation, faults: ServiceFaults = .none) {
        truth = InMemoryCursorStore()
        service = SimulatedService("cursors", in: simulation, faults: faults)
    }

    public func claim(_ partition: Int) async throws(CursorError) -> Cursor {
        try await call { try await $0.claim(partition) }
    }

    public func cursor(of partition: Int) async throws(CursorError) -> Cursor {
        try await call { try await $0.cursor(of: partition) }
    }

    public func advance(_ range: OffsetRange, epoch: Int) async throws(CursorError) {
        try await call { try await $0.advance(range, epoch: epoch) }
    }

    private func call<Answer: Sendable>(
        _ operation: @escaping @Sendable (InMemoryCursorStore) async throws -> Answer
    ) async throws(CursorError) -> Answer {
        let result: Result<Answer, CursorError>
        do throws(ServiceFault) {
            result = try await service.call { [truth] in
                do {
                    return .success(try await operation(truth))
                } catch let error as CursorError {
                    return .failure(error)
                } catch {
                    return .failure(.unavailable(reason: "\(error)"))
                }
            }
        } catch {
            switch error {
            case .unreachable: throw .unavailable(reason: "the store was not reached")
            case .noAnswer: throw .inDoubt(reason: "the store did not answer")
            }
        }
        return try result.get()
    }
}
