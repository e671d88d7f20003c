import Events
import Testing

@Suite struct EventFieldsTests {
    /// The members of an event, some of them changed or, with an empty value, left out.
    private func json(_ members: [String: String], _ changes: [String: String]) -> [UInt8] {
        let all = members.merging(changes) { _, change in change }.filter { !$0.value.isEmpty }
        let texts = all.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return Array("{\(texts.joined(separator: ","))}".utf8)
    }

    private let metering = [
        "event_id": "\"e\"", "agent_id": "\"a\"", "timestamp": "1", "resource_type": "\"r\"",
        "cost": "\"1.5\"", "currency": "\"USD\"",
    ]
    private let decision = [
        "event_type": "\"policy_decision\"", "event_id": "\"e\"", "agent_id": "\"a\"",
        "timestamp": "1", "decision": "\"denied\"", "reason": "\"\"",
    ]
    private let change = [
        "event_type": "\"policy_change\"", "event_id": "\"e\"", "agent_id": "\"a\"",
        "timestamp": "1", "policy_id": "\"p\"", "change_type": "\"modified\"",
        "changed_by": "\"\"", "change_reason": "\"\"",
    ]

    private func check(
        _ members: [String: String],
        _ changes: [String: String],
        _ problem: EventError.Problem,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let bytes = json(members, changes)
        let error = #expect(throws: EventError.self, sourceLocation: sourceLocation) {
            try Event(json: bytes.span)
        }
        #expect(error?.problem == problem, sourceLocation: sourceLocation)
        if let field = changes.keys.first, changes.count == 1 {
            #expect(error?.field == field, sourceLocation: sourceLocation)
        }
    }

    @Test func namesEveryMissingField() {
        for (members, required) in [
            (metering, metering.keys.sorted()),
            (decision, ["event_id", "agent_id", "timestamp", "decision", "reason"]),
            (change, change.keys.filter { $0 != "event_type" }),
        ] {
            for key in required {
                check(members, [key: ""], .missing)
                check(members, [key: "null"], .missing)
            }
        }
        check(decision, ["event_type": "\"agent_lifecycle\"", "decision": ""], .missing)
    }

    @Test(
        arguments: [
            ("event_id", "1", .wrongType), ("event_id", "true", .wrongType),
            ("event_id", "\"\"", .empty), ("agent_id", "\"\"", .empty),
            ("resource_type", "\"\"", .empty), ("resource_type", "false", .wrongType),
            ("producer_id", "\"\"", .empty), ("producer_id", "7", .wrongType),
            ("provisional_charge_id", "\"\"", .empty), ("parent_event_id", "0", .wrongType),
            ("correlation_id", "\"\"", .empty), ("timestamp", "1.0", .badTime),
            ("timestamp", "1e3", .badTime), ("timestamp", "\"1\"", .badTime),
            ("timestamp", "true", .wrongType), ("timestamp", "9223372036855", .overflow),
            ("timestamp", "99999999999999999999", .overflow),
            ("timestamp", "\"2016-12-31T23:59:60Z\"", .badTime), ("cost", "-1", .negative),
            ("cost", "\"-0.01\"", .negative), ("cost", "1e10", .overflow),
            ("cost", "\"NaN\"", .notANumber), ("cost", "\"\"", .notANumber),
            ("cost", "true", .wrongType), ("cost", "0.0000000001", .tooManyPlaces),
            ("quantity", "-1", .negative), ("quantity", "1e19", .overflow),
            ("quantity", "\"Infinity\"", .notANumber), ("quantity", "false", .wrongType),
            ("quantity", "1.0000000001", .tooManyPlaces), ("currency", "\"usd\"", .badCurrency),
            ("currency", "\"\"", .badCurrency), ("currency", "\"USDX\"", .badCurrency),
            ("currency", "840", .wrongType), ("sequence", "-1", .negative),
            ("sequence", "1.0", .wrongType), ("sequence", "\"1\"", .wrongType),
            ("sequence", "9223372036854775808", .overflow),
            ("event_type", "\"metric\"", .unknownValue),
            ("event_type", "1", .wrongType), ("schema_version", "2", .unsupportedVersion),
            ("schema_version", "\"1\"", .wrongType), ("metadata", "1", .wrongType),
            ("metadata", "\"x\"", .wrongType), ("other", "1e400", .overflow),
        ] as [(String, String, EventError.Problem)]
    )
    func refusesBadValues(key: String, value: String, problem: EventError.Problem) {
        check(metering, [key: value], problem)
    }

    @Test func boundsNames() throws {
        let long = String(repeating: "x", count: 257)
        check(metering, ["event_id": "\"\(long)\""], .tooLong)
        check(metering, ["resource_type": "\"\(long)\""], .tooLong)
        let note = json(metering, ["note": "\"\(String(repeating: "x", count: 65_535))\""])
        #expect(throws: EventError(.tooLarge)) { try Event(json: note.span) }
        check(change, ["change_reason": "\"\(String(repeating: "x", count: 65_536))\""], .tooLarge)
        let most = json(metering, ["event_id": "\"\(long.dropLast())\""])
        #expect(try Event(json: most.span).id.count == 256)
    }

    @Test func refusesBadValuesOfOtherKinds() {
        check(decision, ["decision": "\"maybe\""], .unknownValue)
        check(decision, ["estimated_cost": "-1"], .negative)
        check(decision, ["currency": "\"x\""], .badCurrency)
        check(change, ["change_type": "\"deleted\""], .unknownValue)
        check(change, ["policy_id": "\"\""], .empty)
        check(change, ["changed_by": "null"], .missing)
    }

    @Test func refusesCostBesideAmount() {
        check(metering, ["amount": "1", "cost": "1"], .amountTwice)
    }

    @Test(arguments: [
        (#""event_id":"x""#, "event_id"), (#""cost":null"#, "cost"),
        (#""metadata":{}"#, "metadata"),
        (#""k":2"#, "k"), (#""metadata":{"k":2}"#, "k"), (#""metadata":{"l":1,"l":1}"#, "l"),
        (#""\u006b":3"#, "k"), (#""metadata":{"reason":1},"reason":"x""#, "reason"),
    ])
    func refusesAKeyTwice(members: String, field: String) {
        let all = metering.merging(["k": "1"]) { own, _ in own }
        let start = members.contains("metadata\":{}") ? #""metadata":null,"# : ""
        let bytes = Array("{\(start)\(members),".utf8) + json(all, [:]).dropFirst()
        let error = #expect(throws: EventError.self) { try Event(json: bytes.span) }
        #expect(error?.problem == .duplicate)
        #expect(error?.field == field)
    }

    /// What a kind does not know is metadata, as it was given; a missing quantity is one.
    @Test func keepsUnknownKeysAsMetadata() throws {
        let bytes = json(
            metering,
            ["reason": "\"why\"", "remaining_budget": "1.50", "flag": "true", "nothing": "null"]
        )
        let event = try Event(json: bytes.span)
        #expect(
            event.metadata.entries.map(\.key) == ["flag", "nothing", "reason", "remaining_budget"]
        )
        guard case .number("1.50") = event.metadata["remaining_budget"],
            case .text("why") = event.metadata["reason"], case .bool(true) = event.metadata["flag"],
            case .null = event.metadata["nothing"], case .metering(let metering) = event.payload
        else {
            Issue.record("\(event)")
            return
        }
        #expect(metering.quantity == .one)
    }

    @Test func takesTheDefaultKind() throws {
        let bytes = json(change, ["event_type": ""])
        #expect(
            try Event(json: bytes.span, defaultKind: .policyChange).payload.kind == .policyChange
        )
        #expect(throws: EventError.self) { try Event(json: bytes.span) }
    }

    @Test func readsMillisecondsAndNegativeBudgets() throws {
        let time = json(metering, ["timestamp": "-1"])
        #expect(try Event(json: time.span).timestamp.nanoseconds == -1_000_000)
        let budget = json(decision, ["remaining_budget": "-2.5"])
        guard case .policyDecision(let decision) = try Event(json: budget.span).payload else {
            Issue.record("no decision")
            return
        }
        #expect(decision.remainingBudget == -2_500_000_000)
    }
}
