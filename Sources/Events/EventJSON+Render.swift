extension Event {
    /// The event as JSON on one line, without a line feed.
    ///
    /// Reading it again gives the same canonical bytes. Amounts are strings, the time is RFC 3339.
    public var json: [UInt8] {
        let canonical = canonicalBytes
        var out: [UInt8] = []
        do throws(EventError) {
            let view = try EventView(validating: canonical.span, in: 0..<canonical.count)
            view.appendJSON(canonical.span, to: &out)
        } catch {
            preconditionFailure("what an event writes is canonical: \(error)")
        }
        return out
    }
}

extension EventView {
    /// Appends the event as JSON on one line, without a line feed; see ``Event/json``.
    ///
    /// - Parameters:
    ///   - bytes: The arena that the view was made from.
    ///   - out: Takes the JSON.
    public func appendJSON(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        text("event_id", eventID, bytes, &out, isFirst: true)
        name("event_type", kind.name, &out)
        key("schema_version", &out)
        out.append(UInt8(ascii: "1"))
        key("timestamp", &out)
        out.append(UInt8(ascii: "\""))
        timestamp.append(to: &out)
        out.append(UInt8(ascii: "\""))
        text("agent_id", agentID, bytes, &out)
        text("producer_id", producerID, bytes, &out)
        if let sequence {
            key("sequence", &out)
            DecimalText.append(Int64(sequence), places: 0, to: &out)
        }
        text("correlation_id", correlationID, bytes, &out)
        text("parent_event_id", parentEventID, bytes, &out)
        payload(bytes, &out)
        if metadataCount > 0 {
            key("metadata", &out)
            appendMetadata(bytes, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private func payload(_ bytes: Span<UInt8>, _ out: inout [UInt8]) {
        switch kind {
        case .metering:
            text("resource_type", resourceType, bytes, &out)
            amount("quantity", head.first, places: Int(head.code), &out)
            amount("cost", head.second, places: EventLimits.decimalPlaces, &out)
            currency(&out)
            text("provisional_charge_id", optional(.second), bytes, &out)
        case .policyDecision:
            choice("decision", PolicyDecision.Decision.self, &out)
            text("reason", place(.first), bytes, &out)
            text("policy_id", optional(.second), bytes, &out)
            if head.presence.contains(.estimatedCost) {
                amount("estimated_cost", head.first, places: EventLimits.decimalPlaces, &out)
            }
            if head.presence.contains(.remainingBudget) {
                amount("remaining_budget", head.second, places: EventLimits.decimalPlaces, &out)
            }
            if head.presence.contains(.currency) { currency(&out) }
        case .agentLifecycle:
            choice("lifecycle_event", AgentLifecycle.Change.self, &out)
        case .policyChange:
            text("policy_id", place(.first), bytes, &out)
            choice("change_type", PolicyChange.Change.self, &out)
            text("changed_by", place(.second), bytes, &out)
            text("change_reason", place(.third), bytes, &out)
        }
    }

    /// Appends the metadata as a JSON object.
    func appendMetadata(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        forEachMetadata(bytes) { key, tag, text in
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONString.append(bytes, key, to: &out)
            out.append(UInt8(ascii: ":"))
            switch tag {
            case .null: out.append(contentsOf: "null".utf8)
            case .no: out.append(contentsOf: "false".utf8)
            case .yes: out.append(contentsOf: "true".utf8)
            case .number: for index in text { out.append(bytes[index]) }
            case .text: JSONString.append(bytes, text, to: &out)
            }
        }
        out.append(UInt8(ascii: "}"))
    }

    private func key(_ key: String, _ out: inout [UInt8], isFirst: Bool = false) {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: key.utf8)
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
    }

    private func text(
        _ key: String,
        _ range: Range<Int>?,
        _ bytes: Span<UInt8>,
        _ out: inout [UInt8],
        isFirst: Bool = false
    ) {
        guard let range else { return }
        self.key(key, &out, isFirst: isFirst)
        JSONString.append(bytes, range, to: &out)
    }

    private func name(_ key: String, _ name: String, _ out: inout [UInt8]) {
        self.key(key, &out)
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: name.utf8)
        out.append(UInt8(ascii: "\""))
    }

    private func choice<Choice: EventChoice>(
        _ key: String,
        _ type: Choice.Type,
        _ out: inout [UInt8]
    ) {
        if let choice = Choice(rawValue: head.code) { name(key, choice.name, &out) }
    }

    private func amount(_ key: String, _ value: Int64, places: Int, _ out: inout [UInt8]) {
        self.key(key, &out)
        out.append(UInt8(ascii: "\""))
        DecimalText.append(value, places: places, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    private func currency(_ out: inout [UInt8]) {
        guard let currency = Currency(code: head.currency) else { return }
        name("currency", currency.description, &out)
    }
}

/// Writes strings as JSON has them.
enum JSONString {
    /// Appends the text of `range` between quotes, with escapes where JSON needs them, and for the
    /// other control characters, which a terminal would obey.
    static func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var run = range.lowerBound
        for index in range {
            let byte = bytes[index]
            // U+0080 to U+009F are two bytes.
            let isPair = byte == 0xc2 && index + 1 < range.upperBound && bytes[index + 1] < 0xa0
            guard
                byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                    || byte == 0x7f || isPair
            else { continue }
            append(bytes, run..<index, verbatimTo: &out)
            append(escaped: isPair ? bytes[index + 1] : byte, to: &out)
            run = index + (isPair ? 2 : 1)
        }
        append(bytes, run..<range.upperBound, verbatimTo: &out)
        out.append(UInt8(ascii: "\""))
    }

    private static func append(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        verbatimTo out: inout [UInt8]
    ) {
        out.append(addingCapacity: range.count) { (span: inout OutputSpan<UInt8>) in
            span.append(bytes, range)
        }
    }

    private static func append(escaped byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: out.append(UInt8(ascii: "b"))
        case 0x09: out.append(UInt8(ascii: "t"))
        case 0x0a: out.append(UInt8(ascii: "n"))
        case 0x0c: out.append(UInt8(ascii: "f"))
        case 0x0d: out.append(UInt8(ascii: "r"))
        case 0..<0x20, 0x7f..<0xa0:
            out.append(contentsOf: "u00".utf8)
            out.append(UInt8(ascii: "0") + byte >> 4)
            let digit = byte & 15
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        default: out.append(byte)
        }
    }
}
