/// Reads the canonical form from its first byte to its last and refuses everything else.
struct CanonicalReader {
    private let start: Int
    private let end: Int
    private var index: Int

    init(_ range: Range<Int>) {
        start = range.lowerBound
        end = range.upperBound
        index = start
    }

    /// How far from the start the reader is, in bytes.
    var offset: Int { index - start }

    @inline(never)
    func error(_ problem: EventError.Problem, _ field: String = "") -> EventError {
        EventError(problem, field: field, at: offset)
    }

    /// An error about a text.
    @inline(never)
    func error(_ problem: EventError.Problem, _ kind: EventKind, _ role: Int) -> EventError {
        error(problem, TextRole(rawValue: role)?.key(kind) ?? "")
    }

    @inline(__always)
    private func need(_ count: Int) throws(EventError) {
        guard end - index >= count else { throw error(.notCanonical) }
    }

    @inline(__always)
    private mutating func byte(_ bytes: Span<UInt8>) throws(EventError) -> UInt8 {
        try need(1)
        defer { index += 1 }
        return bytes[index]
    }

    @inline(__always)
    private mutating func integer(_ bytes: Span<UInt8>) throws(EventError) -> Int64 {
        try need(8)
        defer { index += 8 }
        return bytes.bigEndian(at: index, as: Int64.self)
    }

    mutating func head(_ bytes: Span<UInt8>) throws(EventError) -> CanonicalHead {
        try need(12)
        guard bytes[index] == CanonicalForm.version else { throw error(.unsupportedVersion) }
        index += 1
        guard let kind = EventKind(rawValue: bytes[index]) else {
            throw error(.unknownValue, "event_type")
        }
        index += 1
        let presence = Presence(rawValue: bytes[index])
        guard Presence.allowed(kind).isSuperset(of: presence) else { throw error(.notCanonical) }
        index += 1
        var head = CanonicalHead(
            kind: kind,
            presence: presence,
            timestamp: try integer(bytes)
        )
        if presence.contains(.sequence) {
            head.sequence = try integer(bytes)
            guard head.sequence >= 0 else { throw error(.negative, "sequence") }
        }
        head.code = try byte(bytes)
        switch kind {
        case .metering: try metering(bytes, &head)
        case .policyDecision: try decision(bytes, &head)
        case .agentLifecycle:
            guard 1...4 ~= head.code else { throw error(.unknownValue, "lifecycle_event") }
        case .policyChange:
            guard 1...3 ~= head.code else { throw error(.unknownValue, "change_type") }
        }
        return head
    }

    @inline(__always)
    private mutating func metering(
        _ bytes: Span<UInt8>,
        _ head: inout CanonicalHead
    ) throws(EventError) {
        try need(19)
        head.first = try integer(bytes)
        guard head.first >= 0 else { throw error(.negative, "quantity") }
        guard Quantity(canonical: head.first, scale: head.code) != nil else {
            throw error(.notCanonical, "quantity")
        }
        head.second = try integer(bytes)
        guard head.second >= 0 else { throw error(.negative, "cost") }
        try currency(bytes, &head)
    }

    private mutating func decision(
        _ bytes: Span<UInt8>,
        _ head: inout CanonicalHead
    ) throws(EventError) {
        guard 1...2 ~= head.code else { throw error(.unknownValue, "decision") }
        if head.presence.contains(.estimatedCost) {
            head.first = try integer(bytes)
            guard head.first >= 0 else { throw error(.negative, "estimated_cost") }
        }
        if head.presence.contains(.remainingBudget) { head.second = try integer(bytes) }
        if head.presence.contains(.currency) { try currency(bytes, &head) }
    }

    @inline(__always)
    private mutating func currency(
        _ bytes: Span<UInt8>,
        _ head: inout CanonicalHead
    ) throws(EventError) {
        try need(3)
        guard let currency = Currency(bytes, index..<index + 3) else {
            throw error(.badCurrency, "currency")
        }
        head.currency = currency.code
        index += 3
    }

    /// A count of 16 bits.
    @inline(__always)
    mutating func count(_ bytes: Span<UInt8>) throws(EventError) -> UInt16 {
        try need(2)
        defer { index += 2 }
        return bytes.bigEndian(at: index, as: UInt16.self)
    }

    /// A length and so many bytes, unchecked otherwise.
    @inline(__always)
    mutating func lump(_ bytes: Span<UInt8>) throws(EventError) -> Range<Int> {
        let length = Int(try count(bytes))
        try need(length)
        defer { index += length }
        return index..<index + length
    }

    @inline(__always)
    mutating func text(
        _ bytes: Span<UInt8>,
        _ kind: EventKind,
        _ role: Int
    ) throws(EventError) -> Range<Int> {
        let text = try lump(bytes)
        if let bad = bytes.invalidUTF8(text) {
            index = bad
            throw error(.badUTF8, kind, role)
        }
        return text
    }

    /// Reads the entries of metadata, and sees that nothing follows them.
    mutating func metadata(_ bytes: Span<UInt8>, count: Int) throws(EventError) {
        var previous = index..<index
        for entry in 0..<count {
            let key = try lump(bytes)
            if let bad = bytes.invalidUTF8(key) {
                index = bad
                throw error(.badUTF8, "metadata")
            }
            if entry > 0 {
                let order = bytes.order(previous, bytes, key)
                guard order < 0 else {
                    throw error(order == 0 ? .duplicate : .notCanonical, bytes.text(key))
                }
            }
            previous = key
            guard let tag = MetadataTag(rawValue: try byte(bytes)) else {
                throw error(.notCanonical, bytes.text(key))
            }
            guard tag.hasText else { continue }
            let value = try lump(bytes)
            if tag == .text {
                guard let bad = bytes.invalidUTF8(value) else { continue }
                index = bad
                throw error(.badUTF8, bytes.text(key))
            } else if let problem = Metadata.problem(bytes, value) {
                throw error(problem, bytes.text(key))
            }
        }
        guard index == end else { throw error(.notCanonical) }
    }
}

extension TextRole {
    /// The key of the field that is written there.
    func key(_ kind: EventKind) -> String {
        switch self {
        case .eventID: "event_id"
        case .agentID: "agent_id"
        case .producerID: "producer_id"
        case .correlationID: "correlation_id"
        case .parentEventID: "parent_event_id"
        case .first:
            switch kind {
            case .metering: "resource_type"
            case .policyDecision: "reason"
            case .agentLifecycle: ""
            case .policyChange: "policy_id"
            }
        case .second:
            switch kind {
            case .metering: "provisional_charge_id"
            case .policyDecision: "policy_id"
            case .agentLifecycle: ""
            case .policyChange: "changed_by"
            }
        case .third: "change_reason"
        }
    }
}
