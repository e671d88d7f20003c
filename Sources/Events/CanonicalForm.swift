// The canonical form of an event: the bytes that are stored, hashed as a leaf and put in bundles.
//
// An event has exactly one form, and a form belongs to exactly one event: every reader here refuses
// whatever a writer here would not have written. Numbers are big endian, a text is its length in
// bytes (u16) and its UTF-8. Nothing lies between the parts and nothing follows them. At most
// 65,535 bytes.
//
//     u8   version, 1
//     u8   kind: 1 metering, 2 policy_decision, 3 agent_lifecycle, 4 policy_change
//     u8   presence, a bit for each optional part: 1 producer_id, 2 sequence, 4 correlation_id,
//          8 parent_event_id; metering: 16 provisional_charge_id; policy_decision: 16 policy_id,
//          32 estimated_cost, 64 remaining_budget, 128 currency; all others are 0
//     i64  timestamp, nanoseconds since 1970 UTC
//     i64  [sequence], not negative
//
//     metering         u8 the quantity's scale, 0 to 9; i64 quantity without its point, not
//                      negative and, unless the scale is 0, no multiple of 10; i64 cost in
//                      billionths, not negative; 3 bytes currency, A to Z
//     policy_decision  u8 decision: 1 allowed, 2 denied; i64 [estimated_cost], not negative;
//                      i64 [remaining_budget]; 3 bytes [currency]
//     agent_lifecycle  u8 lifecycle_event: 1 created, 2 activated, 3 deactivated, 4 deleted
//     policy_change    u8 change_type: 1 created, 2 modified, 3 deactivated
//
//     text event_id, text agent_id, text [producer_id], text [correlation_id],
//     text [parent_event_id], and then
//     metering         text resource_type, text [provisional_charge_id]
//     policy_decision  text reason, text [policy_id]
//     policy_change    text policy_id, text changed_by, text change_reason
//
//     u16  number of metadata entries, sorted by the bytes of their keys, no key twice; each:
//          text key, u8 type: 0 null, 1 false, 2 true, 3 number, 4 text; for 3 and 4 a text: the
//          number as it was given, by JSON's grammar, at most 256 bytes; or the text
//
// Ids, resource_type and policy_id are 1 to 256 bytes; reason, changed_by and change_reason may be
// empty. event_type is the kind, schema_version is 1 and has no bytes of its own.

/// Numbers of the canonical form.
enum CanonicalForm {
    static let version: UInt8 = 1
}

/// What type of value an entry of metadata has.
enum MetadataTag: UInt8 {
    case null = 0
    case no = 1
    case yes = 2
    case number = 3
    case text = 4

    /// Whether a text follows.
    @inline(__always)
    var hasText: Bool { rawValue >= 3 }
}

/// Which optional parts an event has.
struct Presence: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt8

    static let producerID = Presence(rawValue: 1)
    static let sequence = Presence(rawValue: 2)
    static let correlationID = Presence(rawValue: 4)
    static let parentEventID = Presence(rawValue: 8)
    static let provisionalChargeID = Presence(rawValue: 16)
    static let policyID = Presence(rawValue: 16)
    static let estimatedCost = Presence(rawValue: 32)
    static let remainingBudget = Presence(rawValue: 64)
    static let currency = Presence(rawValue: 128)

    /// What an event of `kind` may have.
    static func allowed(_ kind: EventKind) -> Presence {
        switch kind {
        case .metering: Presence(rawValue: 0b0001_1111)
        case .policyDecision: Presence(rawValue: 0b1111_1111)
        case .agentLifecycle, .policyChange: Presence(rawValue: 0b0000_1111)
        }
    }
}

/// The texts of an event, in the order in which they are written.
enum TextRole: Int, CaseIterable {
    case eventID = 0
    case agentID = 1
    case producerID = 2
    case correlationID = 3
    case parentEventID = 4
    /// resource_type, reason, or a policy change's policy_id.
    case first = 5
    /// provisional_charge_id, a decision's policy_id, or changed_by.
    case second = 6
    /// change_reason.
    case third = 7
}

/// Which texts an event has and which of them are free: a bit for each role.
struct TextPlan {
    let present: UInt8
    /// Those that may be empty or long.
    let free: UInt8

    @inline(__always)
    init(_ kind: EventKind, _ presence: Presence) {
        // Bits 0, 2 and 3 of the presence are roles 2, 3 and 4.
        let common = 0b11 | (presence.rawValue & 1) << 2 | (presence.rawValue & 0b1100) << 1
        let second = (presence.rawValue & 16) << 2
        switch kind {
        case .metering:
            present = common | 0b0010_0000 | second
            free = 0
        case .policyDecision:
            present = common | 0b0010_0000 | second
            free = 0b0010_0000
        case .agentLifecycle:
            present = common
            free = 0
        case .policyChange:
            present = common | 0b1110_0000
            free = 0b1100_0000
        }
    }
}

/// The fixed part of an event: its kind, its numbers and which texts it has.
struct CanonicalHead: BitwiseCopyable, Sendable {
    var kind: EventKind
    var presence: Presence
    var timestamp: Int64
    /// Meaningful if present.
    var sequence: Int64 = 0
    /// The scale of the quantity, or the decision, or the change.
    var code: UInt8 = 0
    /// The quantity, or the estimated cost.
    var first: Int64 = 0
    /// The cost, or the remaining budget.
    var second: Int64 = 0
    /// The currency's code.
    var currency: UInt32 = 0

    var byteCount: Int {
        let common = 11 + (presence.contains(.sequence) ? 8 : 0) + 1
        switch kind {
        case .metering:
            return common + 19
        case .policyDecision:
            return common + (presence.contains(.estimatedCost) ? 8 : 0)
                + (presence.contains(.remainingBudget) ? 8 : 0)
                + (presence.contains(.currency) ? 3 : 0)
        case .agentLifecycle, .policyChange:
            return common
        }
    }

    func write(to out: inout OutputSpan<UInt8>) {
        out.append(CanonicalForm.version)
        out.append(kind.rawValue)
        out.append(presence.rawValue)
        out.append(bigEndian: timestamp)
        if presence.contains(.sequence) { out.append(bigEndian: sequence) }
        out.append(code)
        let isMetering = kind == .metering
        if isMetering || presence.contains(.estimatedCost) { out.append(bigEndian: first) }
        if isMetering || presence.contains(.remainingBudget) { out.append(bigEndian: second) }
        if isMetering || presence.contains(.currency) {
            out.append(UInt8(truncatingIfNeeded: currency >> 16))
            out.append(UInt8(truncatingIfNeeded: currency >> 8))
            out.append(UInt8(truncatingIfNeeded: currency))
        }
    }
}
