import Streams

/// An event log that tells which partitions its member is given, before anybody works on them.
struct AnnouncedLog<Base: EventLog>: EventLog where Base.Reader: Sendable {
    private let base: Base
    private let announce: @Sendable (AssignmentChange) -> Void
    private let beforeRelease: @Sendable ([Int]) async -> Void

    /// - Parameters:
    ///   - base: Does all the work.
    ///   - announce: Is shown every change, in order.
    ///   - beforeRelease: Lets go of what belongs to partitions that are about to be given up.
    init(
        _ base: Base,
        announce: @escaping @Sendable (AssignmentChange) -> Void,
        beforeRelease: @escaping @Sendable ([Int]) async -> Void
    ) {
        self.base = base
        self.announce = announce
        self.beforeRelease = beforeRelease
    }

    func nextChange() async throws -> AssignmentChange? {
        let change = try await base.nextChange()
        if let change { announce(change) }
        return change
    }

    func reader(of partition: Int, from offset: Int) async throws -> Base.Reader {
        try await base.reader(of: partition, from: offset)
    }

    func acknowledge(_ partition: Int, upTo offset: Int) async {
        await base.acknowledge(partition, upTo: offset)
    }

    func release(_ partitions: [Int]) async {
        await beforeRelease(partitions)
        await base.release(partitions)
    }

    func close() async {
        await base.close()
    }
}
