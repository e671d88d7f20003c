/// What an event says, by its kind.
public enum EventPayload: Sendable {
    case metering(Metering)
    case policyDecision(PolicyDecision)
    case agentLifecycle(AgentLifecycle)
    case policyChange(PolicyChange)

    public var kind: EventKind {
        switch self {
        case .metering: .metering
        case .policyDecision: .policyDecision
        case .agentLifecycle: .agentLifecycle
        case .policyChange: .policyChange
        }
    }
}

/// An agent used something that costs.
public struct Metering: Sendable {
    /// What was used, such as `llm_call`: 1 to 256 bytes.
    public let resourceType: String
    /// Not negative.
    public let quantity: Quantity
    /// Not negative.
    public let cost: Money
    /// The provisional charge that this one settles: 1 to 256 bytes.
    public let provisionalChargeID: String?

    public init(
        resourceType: String,
        quantity: Quantity = .one,
        cost: Money,
        provisionalChargeID: String? = nil
    ) {
        self.resourceType = resourceType
        self.quantity = quantity
        self.cost = cost
        self.provisionalChargeID = provisionalChargeID
    }
}

/// A request of an agent was allowed or denied.
public struct PolicyDecision: Sendable {
    /// How it was decided.
    public enum Decision: UInt8, EventChoice {
        case allowed = 1
        case denied = 2
    }

    public let decision: Decision
    public let reason: String
    /// The policy that decided: 1 to 256 bytes.
    public let policyID: String?
    /// Billionths of the currency's unit, not negative.
    public let estimatedCost: Int64?
    /// Billionths of the currency's unit; negative once a budget is overdrawn.
    public let remainingBudget: Int64?
    /// The currency of both amounts, where it was said.
    public let currency: Currency?

    public init(
        _ decision: Decision,
        reason: String,
        policyID: String? = nil,
        estimatedCost: Int64? = nil,
        remainingBudget: Int64? = nil,
        currency: Currency? = nil
    ) {
        self.decision = decision
        self.reason = reason
        self.policyID = policyID
        self.estimatedCost = estimatedCost
        self.remainingBudget = remainingBudget
        self.currency = currency
    }
}

/// An agent came, changed or went.
public struct AgentLifecycle: Sendable {
    /// What happened to the agent.
    public enum Change: UInt8, EventChoice {
        case created = 1
        case activated = 2
        case deactivated = 3
        case deleted = 4
    }

    public let change: Change

    public init(_ change: Change) {
        self.change = change
    }
}

/// A policy came, changed or went.
public struct PolicyChange: Sendable {
    /// What happened to the policy.
    public enum Change: UInt8, EventChoice {
        case created = 1
        case modified = 2
        case deactivated = 3
    }

    /// 1 to 256 bytes.
    public let policyID: String
    public let change: Change
    public let changedBy: String
    public let reason: String

    public init(policyID: String, _ change: Change, changedBy: String, reason: String) {
        self.policyID = policyID
        self.change = change
        self.changedBy = changedBy
        self.reason = reason
    }
}

/// A field whose value is one of a few names.
public protocol EventChoice: CaseIterable, RawRepresentable<UInt8>, Sendable, BitwiseCopyable {
    /// The name in JSON.
    var name: String { get }
}

extension PolicyDecision.Decision {
    public var name: String {
        switch self {
        case .allowed: "allowed"
        case .denied: "denied"
        }
    }
}

extension AgentLifecycle.Change {
    public var name: String {
        switch self {
        case .created: "created"
        case .activated: "activated"
        case .deactivated: "deactivated"
        case .deleted: "deleted"
        }
    }
}

extension PolicyChange.Change {
    public var name: String {
        switch self {
        case .created: "created"
        case .modified: "modified"
        case .deactivated: "deactivated"
        }
    }
}
