import Events
import StreamsTesting

/// One event as JSON in any of the ways that mean it: any key order, escapes, spaces and spellings.
struct RandomJSON {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func spell(_ event: Event) -> [UInt8] {
        var members: [(key: String, value: String)] = [
            ("event_id", quoted(event.id)), ("agent_id", quoted(event.agent)),
            ("timestamp", time(event.timestamp)),
        ]
        if event.payload.kind != .metering || chance(3) {
            members.append(("event_type", quoted(event.payload.kind.name)))
        }
        if chance(3) { members.append(("schema_version", "1")) }
        members += optional("producer_id", event.producer)
        members += optional("correlation_id", event.correlation)
        members += optional("parent_event_id", event.parent)
        if let sequence = event.sequence { members.append(("sequence", "\(sequence)")) }
        members += payload(event.payload)
        members += metadata(event.metadata, taken: members.map(\.key))
        members.shuffle(using: &random)
        return Array((space() + object(members) + space()).utf8)
    }

    private mutating func payload(_ payload: EventPayload) -> [(key: String, value: String)] {
        switch payload {
        case .metering(let metering):
            var members = [
                ("resource_type", quoted(metering.resourceType)),
                (chance(2) ? "cost" : "amount", amount(metering.cost.nanos)),
                ("currency", quoted("\(metering.cost.currency)")),
            ]
            if metering.quantity != .one || chance(2) {
                members.append(("quantity", number("\(metering.quantity)")))
            }
            return members + optional("provisional_charge_id", metering.provisionalChargeID)
        case .policyDecision(let decision):
            var members = [
                ("decision", quoted(decision.decision.name)), ("reason", quoted(decision.reason)),
            ]
            if let cost = decision.estimatedCost {
                members.append(("estimated_cost", amount(cost)))
            }
            if let left = decision.remainingBudget {
                members.append(("remaining_budget", amount(left)))
            }
            members += optional("currency", decision.currency.map { "\($0)" })
            return members + optional("policy_id", decision.policyID)
        case .agentLifecycle(let lifecycle):
            return [("lifecycle_event", quoted(lifecycle.change.name))]
        case .policyChange(let change):
            return [
                ("policy_id", quoted(change.policyID)), ("change_type", quoted(change.change.name)),
                ("changed_by", quoted(change.changedBy)), ("change_reason", quoted(change.reason)),
            ]
        }
    }

    /// Some entries under `metadata`, the others beside the fields.
    private mutating func metadata(
        _ metadata: Metadata,
        taken: [String]
    ) -> [(key: String, value: String)] {
        var inside: [(key: String, value: String)] = []
        var outside: [(key: String, value: String)] = []
        for entry in metadata.entries {
            let value =
                switch entry.value {
                case .null: "null"
                case .bool(let flag): flag ? "true" : "false"
                case .number(let text): text
                case .text(let text): quoted(text)
                }
            if chance(4), !taken.contains(entry.key) {
                outside.append((entry.key, value))
            } else {
                inside.append((entry.key, value))
            }
        }
        inside.shuffle(using: &random)
        if !inside.isEmpty || chance(4) { outside.append(("metadata", object(inside))) }
        return outside
    }

    private mutating func optional(
        _ key: String,
        _ text: String?
    ) -> [(key: String, value: String)] {
        guard let text else { return chance(4) ? [(key, "null")] : [] }
        return [(key, quoted(text))]
    }

    private mutating func object(_ members: [(key: String, value: String)]) -> String {
        var text = "{" + space()
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," + space() }
            text += quoted(member.key) + space() + ":" + space() + member.value + space()
        }
        return text + "}"
    }

    private mutating func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case "/" where chance(2): quoted += "\\/"
            case "\n" where chance(2): quoted += "\\n"
            case "\t" where chance(2): quoted += "\\t"
            case _ where scalar.value < 0x20 || chance(20):
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: chance(2))
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private mutating func amount(_ nanos: Int64) -> String {
        let text = "\(Money(nanos: nanos, currency: .usd))".dropLast(4)
        return number(String(text))
    }

    /// A number as a string or a number, sometimes with zeros or an exponent that change nothing.
    private mutating func number(_ plain: String) -> String {
        var text = plain
        if text.contains("."), chance(4) { text += "000000000000" }
        if chance(6) { text += ["e0", "E+0", "e-0"][Int.random(in: 0..<3, using: &random)] }
        return chance(2) ? "\"\(text)\"" : text
    }

    private mutating func time(_ time: EventTime) -> String {
        if time.nanoseconds % 1_000_000 == 0, chance(2) { return "\(time.milliseconds)" }
        let text = "\(time)"
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: "\"\(text.dropLast())\""
        case 1: "\"\(text.dropLast())+00:00\""
        default: "\"\(text)\""
        }
    }

    private mutating func space() -> String {
        chance(6) ? [" ", "\n", "\r\n", "\t ", "   "][Int.random(in: 0..<5, using: &random)] : ""
    }

    private mutating func chance(_ oneIn: Int) -> Bool {
        Int.random(in: 0..<oneIn, using: &random) == 0
    }
}
