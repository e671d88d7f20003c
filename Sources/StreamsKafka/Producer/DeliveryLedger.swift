/// Counts what was handed to the client, and what became of it.
struct DeliveryLedger: Sendable {
    private(set) var outstanding = 0
    private(set) var failed = 0
    private(set) var delivered = 0
    private var first: KafkaError?

    mutating func accept(_ count: Int) { outstanding += count }

    mutating func report(delivered: Int, failed: Int, _ error: KafkaError?) {
        outstanding -= delivered + failed
        self.delivered += delivered
        self.failed += failed
        if first == nil { first = error }
    }

    /// What has failed since the last call, as one error.
    mutating func takeFailure() -> KafkaError? {
        guard let first else { return nil }
        defer {
            self.first = nil
            failed = 0
        }
        return KafkaError(
            code: first.code,
            name: first.name,
            operation: first.operation,
            reason: "\(failed) records were not delivered, the first because: \(first.reason)",
            isFatal: first.isFatal,
            isRetriable: first.isRetriable,
            needsAbort: first.needsAbort
        )
    }
}
