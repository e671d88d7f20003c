extension Event {
    /// What is stored, hashed and put in bundles.
    public var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        appendCanonical(to: &bytes)
        return bytes
    }

    /// Appends ``canonicalBytes`` to an arena: 1 to 65,535 bytes.
    public func appendCanonical(to out: inout [UInt8]) {
        let head = head
        out.append(addingCapacity: canonicalByteCount) { (span: inout OutputSpan<UInt8>) in
            head.write(to: &span)
            forEachText { text, _ in span.append(text: text) }
            span.append(bigEndian: UInt16(metadata.entries.count))
            for entry in metadata.entries {
                span.append(text: entry.key)
                span.append(entry.value.tag.rawValue)
                if let text = entry.value.text { span.append(text: text) }
            }
        }
    }

    /// Reads an event from its canonical bytes, all of `bytes`.
    ///
    /// - Throws: ``EventError`` for bytes that are not in the canonical form.
    public init(canonical bytes: Span<UInt8>) throws(EventError) {
        let view = try EventView(validating: bytes, in: 0..<bytes.count)
        try self.init(view, bytes)
    }

    /// Reads the event of a view from the arena that the view was made from, and no other.
    ///
    /// - Throws: ``EventError``, if the arena has changed since; it may also trap then.
    public init(_ view: EventView, _ bytes: Span<UInt8>) throws(EventError) {
        var entries: [(key: String, value: Metadata.Value)] = []
        entries.reserveCapacity(Int(view.metadataCount))
        view.forEachMetadata(bytes) { key, tag, text in
            let value: Metadata.Value =
                switch tag {
                case .null: .null
                case .no: .bool(false)
                case .yes: .bool(true)
                case .number: .number(bytes.text(text))
                case .text: .text(bytes.text(text))
                }
            entries.append((bytes.text(key), value))
        }
        func optional(_ role: TextRole) -> String? { view.optional(role).map { bytes.text($0) } }
        try self.init(
            id: bytes.text(view.eventID),
            agent: bytes.text(view.agentID),
            timestamp: view.timestamp,
            try EventPayload(view, bytes),
            producer: optional(.producerID),
            sequence: view.sequence,
            correlation: optional(.correlationID),
            parent: optional(.parentEventID),
            metadata: Metadata(sorted: entries)
        )
    }

    /// Calls `body` with every text that the event has but those of its metadata, in order.
    @inline(__always)
    func forEachText<Failure: Error>(
        _ body: (String, TextRole) throws(Failure) -> Void
    ) throws(Failure) {
        try body(id, .eventID)
        try body(agent, .agentID)
        if let producer { try body(producer, .producerID) }
        if let correlation { try body(correlation, .correlationID) }
        if let parent { try body(parent, .parentEventID) }
        switch payload {
        case .metering(let metering):
            try body(metering.resourceType, .first)
            if let charge = metering.provisionalChargeID { try body(charge, .second) }
        case .policyDecision(let decision):
            try body(decision.reason, .first)
            if let policy = decision.policyID { try body(policy, .second) }
        case .agentLifecycle:
            break
        case .policyChange(let change):
            try body(change.policyID, .first)
            try body(change.changedBy, .second)
            try body(change.reason, .third)
        }
    }

    var canonicalByteCount: Int {
        var count = head.byteCount + 2
        forEachText { text, _ in count += 2 + text.utf8.count }
        for entry in metadata.entries {
            count += 3 + entry.key.utf8.count
            if let text = entry.value.text { count += 2 + text.utf8.count }
        }
        return count
    }

    var presence: Presence {
        var presence: Presence = []
        if producer != nil { presence.insert(.producerID) }
        if sequence != nil { presence.insert(.sequence) }
        if correlation != nil { presence.insert(.correlationID) }
        if parent != nil { presence.insert(.parentEventID) }
        switch payload {
        case .metering(let metering):
            if metering.provisionalChargeID != nil { presence.insert(.provisionalChargeID) }
        case .policyDecision(let decision):
            if decision.policyID != nil { presence.insert(.policyID) }
            if decision.estimatedCost != nil { presence.insert(.estimatedCost) }
            if decision.remainingBudget != nil { presence.insert(.remainingBudget) }
            if decision.currency != nil { presence.insert(.currency) }
        case .agentLifecycle, .policyChange:
            break
        }
        return presence
    }

    var head: CanonicalHead {
        var head = CanonicalHead(
            kind: payload.kind,
            presence: presence,
            timestamp: timestamp.nanoseconds
        )
        if let sequence { head.sequence = Int64(sequence) }
        switch payload {
        case .metering(let metering):
            head.code = metering.quantity.scale
            head.first = metering.quantity.value
            head.second = metering.cost.nanos
            head.currency = metering.cost.currency.code
        case .policyDecision(let decision):
            head.code = decision.decision.rawValue
            head.first = decision.estimatedCost ?? 0
            head.second = decision.remainingBudget ?? 0
            head.currency = decision.currency?.code ?? 0
        case .agentLifecycle(let lifecycle):
            head.code = lifecycle.change.rawValue
        case .policyChange(let change):
            head.code = change.change.rawValue
        }
        return head
    }
}

extension EventPayload {
    /// Reads the payload of a view from its arena.
    init(_ view: EventView, _ bytes: Span<UInt8>) throws(EventError) {
        let head = view.head
        func text(_ role: TextRole) -> String { bytes.text(view.place(role)) }
        func optional(_ role: TextRole) -> String? { view.optional(role).map { bytes.text($0) } }
        switch head.kind {
        case .metering:
            guard let quantity = view.quantity, let cost = view.cost else { throw Self.otherArena }
            self = .metering(
                Metering(
                    resourceType: text(.first),
                    quantity: quantity,
                    cost: cost,
                    provisionalChargeID: optional(.second)
                )
            )
        case .policyDecision:
            guard let decision = PolicyDecision.Decision(rawValue: head.code) else {
                throw Self.otherArena
            }
            self = .policyDecision(
                PolicyDecision(
                    decision,
                    reason: text(.first),
                    policyID: optional(.second),
                    estimatedCost: head.presence.contains(.estimatedCost) ? head.first : nil,
                    remainingBudget: head.presence.contains(.remainingBudget) ? head.second : nil,
                    currency: Currency(code: head.currency)
                )
            )
        case .agentLifecycle:
            guard let change = AgentLifecycle.Change(rawValue: head.code) else {
                throw Self.otherArena
            }
            self = .agentLifecycle(AgentLifecycle(change))
        case .policyChange:
            guard let change = PolicyChange.Change(rawValue: head.code) else {
                throw Self.otherArena
            }
            self = .policyChange(
                PolicyChange(
                    policyID: text(.first),
                    change,
                    changedBy: text(.second),
                    reason: text(.third)
                )
            )
        }
    }

    /// The view was made from other bytes.
    private static var otherArena: EventError { EventError(.notCanonical) }
}

extension OutputSpan<UInt8> {
    /// Appends the length of `text` in bytes, at most 65,535, and its bytes.
    @inline(__always)
    fileprivate mutating func append(text: String) {
        let utf8 = text.utf8
        let span = utf8.span
        append(text: span, 0..<span.count)
    }
}
