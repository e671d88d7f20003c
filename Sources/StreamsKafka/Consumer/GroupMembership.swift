import Streams

/// What a member of a consumer group holds and has been told: decides when partitions are given up.
///
/// Those that the group asks back are given up only when the work on each of them is released, all
/// at the same time; those that are lost are given up at once.
struct GroupMembership: Sendable {
    private(set) var held: Set<Int> = []
    /// Asked back by the group, all of one rebalance.
    private(set) var revoked: [Int] = []
    /// Those of ``revoked`` that have not been released.
    private var unreleased: Set<Int> = []
    private var mail: [AssignmentChange] = []
    private(set) var isOpen = true
    private(set) var failure: KafkaError?
    private(set) var hasBeenAssigned = false

    /// Whether the group waits for partitions to be released.
    var isRevoking: Bool { !revoked.isEmpty }

    mutating func assign(_ partitions: [Int]) {
        hasBeenAssigned = true
        let new = partitions.filter { !held.contains($0) }.sorted()
        held.formUnion(new)
        if !new.isEmpty { mail.append(.assigned(new)) }
    }

    /// The group asks partitions back.
    ///
    /// - Returns: Whether there is nothing to wait for.
    mutating func revoke(_ partitions: [Int]) -> Bool {
        let asked = partitions.filter { held.contains($0) }.sorted()
        guard !asked.isEmpty else { return true }
        revoked = asked
        unreleased = Set(asked)
        mail.append(.revoked(asked))
        return false
    }

    /// Partitions belong to others already.
    mutating func lose(_ partitions: [Int]) {
        let gone = partitions.filter { held.contains($0) }.sorted()
        held.subtract(gone)
        unreleased.subtract(gone)
        if unreleased.isEmpty { revoked = [] }
        if !gone.isEmpty { mail.append(.lost(gone)) }
    }

    /// The work on partitions is over; one that nobody asked back stays held.
    ///
    /// - Returns: Those that nobody works on any more, and those to be given up now: all that was
    ///   asked back, or none.
    mutating func release(_ partitions: [Int]) -> (released: [Int], givenUp: [Int]) {
        let released = partitions.filter { unreleased.contains($0) }
        held.subtract(released)
        unreleased.subtract(released)
        guard !released.isEmpty, unreleased.isEmpty else { return (released, []) }
        defer { revoked = [] }
        return (released, revoked)
    }

    /// - Returns: What is to be told next, if anything is.
    mutating func nextChange() -> AssignmentChange? {
        mail.isEmpty ? nil : mail.removeFirst()
    }

    mutating func fail(_ error: KafkaError) {
        if failure == nil { failure = error }
    }

    /// Whether an error that librdkafka gets over by itself, trying for ever, is one to stop for.
    ///
    /// Who may not read never will; wrong credentials and certificates are told at once, but once
    /// the group has let the member in they are a broker's bad day.
    func stops(for error: KafkaError) -> Bool {
        if error.isFatal || error.kind == .notPermitted || error.kind == .fenced { return true }
        return !hasBeenAssigned && error.isRefusedEntry
    }

    mutating func close() {
        isOpen = false
        held = []
        revoked = []
        unreleased = []
        mail = []
    }
}
