/// The keys that an event of some kind knows; each is a bit of a mask.
enum JSONKey: UInt8, CaseIterable {
    case eventID
    case agentID
    case timestamp
    case resourceType
    case amount
    case cost
    case currency
    case quantity
    case metadata
    case eventType
    case schemaVersion
    case producerID
    case sequence
    case correlationID
    case parentEventID
    case provisionalChargeID
    case decision
    case reason
    case policyID
    case estimatedCost
    case remainingBudget
    case lifecycleEvent
    case changeType
    case changedBy
    case changeReason

    @inline(__always)
    var bit: UInt32 { 1 << UInt32(rawValue) }

    /// Those of every event.
    private static let common =
        Self.eventID.bit | Self.agentID.bit | Self.timestamp.bit | Self.metadata.bit
        | Self.eventType.bit | Self.schemaVersion.bit | Self.producerID.bit | Self.sequence.bit
        | Self.correlationID.bit | Self.parentEventID.bit

    /// Those of an event of `kind`; all others are metadata.
    static func known(_ kind: EventKind) -> UInt32 {
        switch kind {
        case .metering:
            common | resourceType.bit | amount.bit | cost.bit | currency.bit | quantity.bit
                | provisionalChargeID.bit
        case .policyDecision:
            common | decision.bit | reason.bit | policyID.bit | estimatedCost.bit
                | remainingBudget.bit | currency.bit
        case .agentLifecycle:
            common | lifecycleEvent.bit
        case .policyChange:
            common | policyID.bit | changeType.bit | changedBy.bit | changeReason.bit
        }
    }

    /// The key whose name the bytes of `range` are.
    ///
    /// Compares whole words, the first and the last eight bytes of a name.
    @inline(__always)
    static func find(_ bytes: Span<UInt8>, _ range: Range<Int>) -> JSONKey? {
        let start = range.lowerBound
        let count = range.count
        if count >= 8 {
            let key = find(count, bytes.word(at: start), bytes.word(at: start + count - 8))
            // Only this name is longer than two words.
            if key == .provisionalChargeID, bytes.word(at: start + 8) != 0x7261_6863_5f6c_616e {
                return nil
            }
            return key
        }
        switch count {
        case 4 where bytes.bigEndian(at: start, as: UInt32.self) == 0x636f_7374:
            return .cost
        case 6:
            let first = bytes.bigEndian(at: start, as: UInt32.self)
            let last = bytes.bigEndian(at: start + 4, as: UInt16.self)
            if first == 0x616d_6f75, last == 0x6e74 { return .amount }
            if first == 0x7265_6173, last == 0x6f6e { return .reason }
            return nil
        default:
            return nil
        }
    }

    private static func find(_ count: Int, _ first: UInt64, _ last: UInt64) -> JSONKey? {
        switch count {
        case 8:
            switch first {
            case 0x6469_5f74_6e65_7665: .eventID
            case 0x6469_5f74_6e65_6761: .agentID
            case 0x7963_6e65_7272_7563: .currency
            case 0x7974_6974_6e61_7571: .quantity
            case 0x6174_6164_6174_656d: .metadata
            case 0x6563_6e65_7571_6573: .sequence
            case 0x6e6f_6973_6963_6564: .decision
            default: nil
            }
        case 9:
            switch (first, last) {
            case (0x6d61_7473_656d_6974, 0x706d_6174_7365_6d69): .timestamp
            case (0x695f_7963_696c_6f70, 0x6469_5f79_6369_6c6f): .policyID
            default: nil
            }
        case 10:
            switch (first, last) {
            case (0x7974_5f74_6e65_7665, 0x6570_7974_5f74_6e65): .eventType
            case (0x5f64_6567_6e61_6863, 0x7962_5f64_6567_6e61): .changedBy
            default: nil
            }
        case 11:
            switch (first, last) {
            case (0x7265_6375_646f_7270, 0x6469_5f72_6563_7564): .producerID
            case (0x745f_6567_6e61_6863, 0x6570_7974_5f65_676e): .changeType
            default: nil
            }
        case 13:
            switch (first, last) {
            case (0x6563_7275_6f73_6572, 0x6570_7974_5f65_6372): .resourceType
            case (0x725f_6567_6e61_6863, 0x6e6f_7361_6572_5f65): .changeReason
            default: nil
            }
        case 14:
            switch (first, last) {
            case (0x765f_616d_6568_6373, 0x6e6f_6973_7265_765f): .schemaVersion
            case (0x7461_6c65_7272_6f63, 0x6469_5f6e_6f69_7461): .correlationID
            case (0x6574_616d_6974_7365, 0x7473_6f63_5f64_6574): .estimatedCost
            default: nil
            }
        case 15:
            switch (first, last) {
            case (0x655f_746e_6572_6170, 0x6469_5f74_6e65_7665): .parentEventID
            case (0x6c63_7963_6566_696c, 0x746e_6576_655f_656c): .lifecycleEvent
            default: nil
            }
        case 16 where first == 0x6e69_6e69_616d_6572 && last == 0x7465_6764_7562_5f67:
            .remainingBudget
        case 21 where first == 0x6f69_7369_766f_7270 && last == 0x6469_5f65_6772_6168:
            .provisionalChargeID
        default: nil
        }
    }

    var name: String {
        switch self {
        case .eventID: "event_id"
        case .agentID: "agent_id"
        case .timestamp: "timestamp"
        case .resourceType: "resource_type"
        case .amount: "amount"
        case .cost: "cost"
        case .currency: "currency"
        case .quantity: "quantity"
        case .metadata: "metadata"
        case .eventType: "event_type"
        case .schemaVersion: "schema_version"
        case .producerID: "producer_id"
        case .sequence: "sequence"
        case .correlationID: "correlation_id"
        case .parentEventID: "parent_event_id"
        case .provisionalChargeID: "provisional_charge_id"
        case .decision: "decision"
        case .reason: "reason"
        case .policyID: "policy_id"
        case .estimatedCost: "estimated_cost"
        case .remainingBudget: "remaining_budget"
        case .lifecycleEvent: "lifecycle_event"
        case .changeType: "change_type"
        case .changedBy: "changed_by"
        case .changeReason: "change_reason"
        }
    }
}
