import Events

/// Which entries are wanted.
struct EntryFilter {
    let agentName: String?
    private let agent: [UInt8]?
    let from: EventTime?
    let to: EventTime?

    /// - Parameters:
    ///   - agent: The agent's id, or `nil` for every agent.
    ///   - from: The first instant.
    ///   - to: The first instant that is too late.
    init(agent: String?, from: EventTime?, to: EventTime?) {
        agentName = agent
        self.agent = agent.map { Array($0.utf8) }
        (self.from, self.to) = (from, to)
    }

    /// Whether every event is wanted.
    var isOpen: Bool { agent == nil && from == nil && to == nil }

    /// Whether the event is wanted.
    func admits(_ view: EventView, _ bytes: Span<UInt8>) -> Bool {
        if let from, view.timestamp < from { return false }
        if let to, view.timestamp >= to { return false }
        guard let agent else { return true }
        let range = view.agentID
        guard range.count == agent.count else { return false }
        for index in agent.indices where bytes[range.lowerBound + index] != agent[index] {
            return false
        }
        return true
    }
}
