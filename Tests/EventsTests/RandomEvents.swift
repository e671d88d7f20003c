import Events
import StreamsTesting

/// Events whose every part is drawn from a seed: all kinds, all optional parts, all alphabets.
struct RandomEvents {
    private var random: SeededGenerator
    /// Short texts and few parts, so that damage meets what has a meaning more often.
    private let isShort: Bool

    init(seed: UInt64, isShort: Bool = false) {
        random = SeededGenerator(seed: seed)
        self.isShort = isShort
    }

    mutating func next() throws -> Event {
        try Event(
            id: text(1...40),
            agent: text(1...40),
            timestamp: EventTime(nanoseconds: integer()),
            payload(),
            producer: maybe { $0.text(1...20) },
            sequence: maybe { Int($0.integer() & .max) },
            correlation: maybe { $0.text(1...40) },
            parent: maybe { $0.text(1...40) },
            metadata: metadata()
        )
    }

    private mutating func payload() throws -> EventPayload {
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            return .policyDecision(
                PolicyDecision(
                    one(of: PolicyDecision.Decision.allCases),
                    reason: text(0...300),
                    policyID: maybe { $0.text(1...40) },
                    estimatedCost: maybe { $0.integer() & .max },
                    remainingBudget: maybe { $0.integer() },
                    currency: maybe { $0.currency() }
                )
            )
        case 1:
            return .agentLifecycle(AgentLifecycle(one(of: AgentLifecycle.Change.allCases)))
        case 2:
            return .policyChange(
                PolicyChange(
                    policyID: text(1...40),
                    one(of: PolicyChange.Change.allCases),
                    changedBy: text(0...40),
                    reason: text(0...300)
                )
            )
        default:
            return .metering(
                Metering(
                    resourceType: text(1...20),
                    quantity: Quantity(
                        integer() & .max,
                        scale: Int.random(in: 0...9, using: &random)
                    ) ?? .one,
                    cost: Money(nanos: integer() & .max, currency: currency()),
                    provisionalChargeID: maybe { $0.text(1...40) }
                )
            )
        }
    }

    private mutating func metadata() throws -> Metadata {
        var entries: [(key: String, value: Metadata.Value)] = []
        for index in 0..<Int.random(in: 0...(isShort ? 2 : 6), using: &random) {
            let key = Bool.random(using: &random) ? text(0...8) + "\(index)" : "key\(index)"
            entries.append((key, value()))
        }
        return try Metadata(entries)
    }

    private mutating func value() -> Metadata.Value {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .number(number())
        default: .text(text(0...40))
        }
    }

    private mutating func number() -> String {
        let whole = integer() >> Int64.random(in: 0...63, using: &random)
        let fraction =
            Bool.random(using: &random) ? ".\(UInt16.random(in: 0...999, using: &random))" : ""
        let exponent = Int.random(in: 0..<4, using: &random)
        return "\(whole)\(fraction)" + ["", "", "e5", "E-12"][exponent]
    }

    private mutating func currency() -> Currency {
        Currency(one(of: ["USD", "EUR", "AAA", "ZZZ"])) ?? .usd
    }

    /// Whole numbers of all sizes, the largest and the least among them.
    mutating func integer() -> Int64 {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: .max
        case 1: .min
        case 2: 0
        case let size: Int64(bitPattern: random.next()) >> Int64(size * 4 - 12)
        }
    }

    mutating func text(_ length: ClosedRange<Int>) -> String {
        let alphabet = one(of: [
            "abcdefgh-0123456789_", "ab\"\\/\n\t\u{1}\u{7f}", "aäßé€漢字\u{80}\u{9b}\u{9f}\u{a0}",
            "z😀👍🏽e\u{301}\u{0}",
        ])
        let scalars = Array(alphabet.unicodeScalars)
        var text = String.UnicodeScalarView()
        let most = min(length.upperBound, isShort ? 5 : 60)
        for _ in 0..<Int.random(in: length.lowerBound...most, using: &random) {
            text.append(one(of: scalars))
        }
        return String(text)
    }

    private mutating func one<Value>(of values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
        Int.random(in: 0..<(isShort ? 6 : 2), using: &random) == 0 ? make(&self) : nil
    }
}
