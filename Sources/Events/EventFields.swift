/// The fields of an event in JSON, checked: its fixed part, and where its texts are.
struct EventFields {
    let head: CanonicalHead
    let plan: TextPlan
    var texts: InlineArray<8, JSONText> = InlineArray(
        repeating: JSONText(0..<0, isScratch: false)
    )

    init(_ head: CanonicalHead) {
        self.head = head
        plan = TextPlan(head.kind, head.presence)
    }

    /// The bytes of the fixed part and of the texts.
    var byteCount: Int {
        var count = head.byteCount
        for role in 0..<8 where plan.present & (1 << role) != 0 {
            count += 2 + Int(texts[role].count)
        }
        return count
    }

    /// The key whose value is the text of a role.
    @inline(__always)
    static func key(_ role: Int, _ kind: EventKind) -> JSONKey? {
        switch (role, kind) {
        case (0, _): .eventID
        case (1, _): .agentID
        case (2, _): .producerID
        case (3, _): .correlationID
        case (4, _): .parentEventID
        case (5, .metering): .resourceType
        case (5, .policyDecision): .reason
        case (5, .policyChange): .policyID
        case (6, .metering): .provisionalChargeID
        case (6, .policyDecision): .policyID
        case (6, .policyChange): .changedBy
        case (7, .policyChange): .changeReason
        default: nil
        }
    }
}

extension EventJSON {
    /// The fields of an event of `kind`, from what was just read of `json`.
    func fields(_ kind: EventKind, _ json: Span<UInt8>) throws(EventError) -> EventFields {
        var head = CanonicalHead(kind: kind, presence: [], timestamp: try time(json))
        if let sequence = try sequence(json) {
            head.sequence = sequence
            head.presence.insert(.sequence)
        }
        if let metadata = value(.metadata) { throw error(.wrongType, .metadata, metadata) }
        switch kind {
        case .metering: try metering(json, &head)
        case .policyDecision: try decision(json, &head)
        case .agentLifecycle:
            head.code = try choice(.lifecycleEvent, AgentLifecycle.Change.self, json)
        case .policyChange:
            head.code = try choice(.changeType, PolicyChange.Change.self, json)
        }
        if value(.producerID) != nil { head.presence.insert(.producerID) }
        if value(.correlationID) != nil { head.presence.insert(.correlationID) }
        if value(.parentEventID) != nil { head.presence.insert(.parentEventID) }
        var fields = EventFields(head)
        for role in 0..<8 where fields.plan.present & (1 << role) != 0 {
            guard let key = EventFields.key(role, kind) else { continue }
            fields.texts[role] = try text(key, isFree: fields.plan.free & (1 << role) != 0)
        }
        return fields
    }

    /// The value of a key, or `nil` if it was missing or `null`.
    @inline(__always)
    func value(_ key: JSONKey) -> JSONValue? {
        guard seen & key.bit != 0 else { return nil }
        let value = values[Int(key.rawValue)]
        return value.tag == .null ? nil : value
    }

    /// A value that must be there; if it is not, the offset of the error is the object's end.
    @inline(__always)
    private func required(_ key: JSONKey) throws(EventError) -> JSONValue {
        guard let value = value(key) else {
            throw EventError(.missing, field: key.name, at: scanner.index - 1)
        }
        return value
    }

    @inline(never)
    private func error(
        _ problem: EventError.Problem,
        _ key: JSONKey,
        _ value: JSONValue
    ) -> EventError {
        EventError(problem, field: key.name, at: Int(value.offset))
    }

    /// A text that must be there, within its bounds.
    @inline(__always)
    func text(_ key: JSONKey, isFree: Bool) throws(EventError) -> JSONText {
        let value = try required(key)
        guard value.tag == .text else { throw error(.wrongType, key, value) }
        if !isFree, value.text.count &- 1 >= EventLimits.nameBytes {
            throw error(value.text.count == 0 ? .empty : .tooLong, key, value)
        }
        guard value.text.count <= EventLimits.canonicalBytes else {
            throw error(.tooLarge, key, value)
        }
        return value.text
    }

    func time(_ json: Span<UInt8>) throws(EventError) -> Int64 {
        let value = try required(.timestamp)
        do throws(EventError.Problem) {
            switch value.tag {
            case .number:
                let milliseconds = try integer(json, value.text.range, or: .badTime)
                guard let time = EventTime(milliseconds: milliseconds) else { throw .overflow }
                return time.nanoseconds
            case .text where value.text.isScratch:
                return try EventTime(scanner.scratch.span, value.text.range).nanoseconds
            case .text:
                return try EventTime(json, value.text.range).nanoseconds
            case .null, .no, .yes:
                throw .wrongType
            }
        } catch {
            throw self.error(error, .timestamp, value)
        }
    }

    func sequence(_ json: Span<UInt8>) throws(EventError) -> Int64? {
        guard let value = value(.sequence) else { return nil }
        guard value.tag == .number else { throw error(.wrongType, .sequence, value) }
        do throws(EventError.Problem) {
            let sequence = try integer(json, value.text.range, or: .wrongType)
            guard sequence >= 0 else { throw .negative }
            return sequence
        } catch {
            throw self.error(error, .sequence, value)
        }
    }

    /// A number without a point or an exponent; `problem`, if it has one.
    private func integer(
        _ json: Span<UInt8>,
        _ range: Range<Int>,
        or problem: EventError.Problem
    ) throws(EventError.Problem) -> Int64 {
        let isNegative = json[range.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in range.lowerBound + (isNegative ? 1 : 0)..<range.upperBound {
            let digit = Int64(json[index] &- 48)
            guard digit < 10 else { throw problem }
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tenfold.addingReportingOverflow(digit)
            guard !isTooLarge, !isStillTooLarge else { throw .overflow }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// A decimal number, given as a number or as a text.
    private func decimal(
        _ json: Span<UInt8>,
        _ value: JSONValue
    ) throws(EventError.Problem) -> DecimalText {
        switch value.tag {
        case .number: return try DecimalText(json, value.text.range)
        case .text where value.text.isScratch:
            return try DecimalText(scanner.scratch.span, value.text.range)
        case .text: return try DecimalText(json, value.text.range)
        case .null, .no, .yes: throw .wrongType
        }
    }

    /// An amount in billionths.
    private func nanos(
        _ key: JSONKey,
        _ json: Span<UInt8>,
        _ value: JSONValue,
        mayBeNegative: Bool = false
    ) throws(EventError) -> Int64 {
        do throws(EventError.Problem) {
            let text = try decimal(json, value)
            guard mayBeNegative || !text.isNegative else { throw .negative }
            return try text.scaled(places: EventLimits.decimalPlaces)
        } catch {
            throw self.error(error, key, value)
        }
    }

    func metering(_ json: Span<UInt8>, _ head: inout CanonicalHead) throws(EventError) {
        if let amount = value(.amount), value(.cost) != nil {
            throw error(.amountTwice, .amount, amount)
        }
        let key: JSONKey = value(.amount) != nil ? .amount : .cost
        head.second = try nanos(key, json, required(key))
        head.currency = try currency(required(.currency), json)
        var quantity = Quantity.one
        if let value = value(.quantity) {
            do throws(EventError.Problem) {
                let text = try decimal(json, value)
                guard !text.isNegative else { throw .negative }
                quantity = try Quantity(text)
            } catch {
                throw self.error(error, .quantity, value)
            }
        }
        head.first = quantity.value
        head.code = quantity.scale
        if value(.provisionalChargeID) != nil { head.presence.insert(.provisionalChargeID) }
    }

    func decision(_ json: Span<UInt8>, _ head: inout CanonicalHead) throws(EventError) {
        head.code = try choice(.decision, PolicyDecision.Decision.self, json)
        if value(.policyID) != nil { head.presence.insert(.policyID) }
        if let value = value(.estimatedCost) {
            head.first = try nanos(.estimatedCost, json, value)
            head.presence.insert(.estimatedCost)
        }
        if let value = value(.remainingBudget) {
            head.second = try nanos(.remainingBudget, json, value, mayBeNegative: true)
            head.presence.insert(.remainingBudget)
        }
        if let value = value(.currency) {
            head.currency = try currency(value, json)
            head.presence.insert(.currency)
        }
    }

    private func currency(_ value: JSONValue, _ json: Span<UInt8>) throws(EventError) -> UInt32 {
        guard value.tag == .text else { throw error(.wrongType, .currency, value) }
        let currency =
            value.text.isScratch
            ? Currency(scanner.scratch.span, value.text.range)
            : Currency(json, value.text.range)
        guard let currency else { throw error(.badCurrency, .currency, value) }
        return currency.code
    }

    /// A text that is the name of one of the cases of `type`, as that case's number.
    func choice<Choice: EventChoice>(
        _ key: JSONKey,
        _ type: Choice.Type,
        _ json: Span<UInt8>
    ) throws(EventError) -> UInt8 {
        let value = try required(key)
        guard value.tag == .text else { throw error(.wrongType, key, value) }
        let name = string(value.text, json)
        guard let choice = Choice.allCases.first(where: { $0.name == name }) else {
            throw error(.unknownValue, key, value)
        }
        return choice.rawValue
    }
}
