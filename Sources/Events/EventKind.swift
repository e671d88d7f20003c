/// What an event says.
public enum EventKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// An agent used something that costs.
    case metering = 1
    /// An agent's request was allowed or denied.
    case policyDecision = 2
    /// An agent came, changed or went.
    case agentLifecycle = 3
    /// A policy came, changed or went.
    case policyChange = 4

    /// The value of `event_type`.
    public var name: String {
        switch self {
        case .metering: "metering"
        case .policyDecision: "policy_decision"
        case .agentLifecycle: "agent_lifecycle"
        case .policyChange: "policy_change"
        }
    }

    public init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}
