/// Something that happened, as one immutable value.
///
/// Every event that exists keeps to ``EventLimits``, has a canonical form of at most 65,535 bytes,
/// and no amount below 0 but a remaining budget. Two events are equal when their canonical bytes
/// are.
public struct Event: Sendable {
    /// 1 to 256 bytes of UTF-8.
    public let id: String
    /// 1 to 256 bytes of UTF-8.
    public let agent: String
    public let timestamp: EventTime
    public let payload: EventPayload
    /// Who made it, where the event says so: 1 to 256 bytes of UTF-8.
    public let producer: String?
    /// Its place in its producer's sequence, not negative.
    public let sequence: Int?
    /// 1 to 256 bytes of UTF-8.
    public let correlation: String?
    /// The id of the event that caused it: 1 to 256 bytes of UTF-8.
    public let parent: String?
    public let metadata: Metadata

    /// Makes an event of its parts.
    ///
    /// - Parameters:
    ///   - id: 1 to 256 bytes, alone of its name among the events of a ledger.
    ///   - agent: Whose event it is: 1 to 256 bytes.
    ///   - timestamp: When it took place.
    ///   - payload: What it says.
    ///   - producer: 1 to 256 bytes, if any.
    ///   - sequence: Not negative, if any.
    ///   - correlation: 1 to 256 bytes, if any.
    ///   - parent: 1 to 256 bytes, if any.
    ///   - metadata: What else it says.
    /// - Throws: ``EventError`` naming the field that is beyond its bounds.
    public init(
        id: String,
        agent: String,
        timestamp: EventTime,
        _ payload: EventPayload,
        producer: String? = nil,
        sequence: Int? = nil,
        correlation: String? = nil,
        parent: String? = nil,
        metadata: Metadata = .none
    ) throws(EventError) {
        self.id = id
        self.agent = agent
        self.timestamp = timestamp
        self.payload = payload
        self.producer = producer
        self.sequence = sequence
        self.correlation = correlation
        self.parent = parent
        self.metadata = metadata
        try validate()
    }
}

extension Event: Hashable {
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.canonicalBytes == rhs.canonicalBytes
    }

    public func hash(into hasher: inout Hasher) {
        for byte in id.utf8 { hasher.combine(byte) }
    }
}

extension Event {
    private func validate() throws(EventError) {
        try forEachText { (text, role) throws(EventError) in
            let count = text.utf8.count
            guard TextPlan(payload.kind, presence).free & (1 << UInt8(role.rawValue)) == 0 else {
                return
            }
            if count == 0 { throw EventError(.empty, field: role.key(payload.kind)) }
            guard count <= EventLimits.nameBytes else {
                throw EventError(.tooLong, field: role.key(payload.kind))
            }
        }
        let head = head
        if presence.contains(.sequence), head.sequence < 0 {
            throw EventError(.negative, field: "sequence")
        }
        switch payload {
        case .metering:
            if head.first < 0 { throw EventError(.negative, field: "quantity") }
            if head.second < 0 { throw EventError(.negative, field: "cost") }
        case .policyDecision:
            if head.first < 0 { throw EventError(.negative, field: "estimated_cost") }
        case .agentLifecycle, .policyChange:
            break
        }
        guard canonicalByteCount <= EventLimits.canonicalBytes else {
            throw EventError(.tooLarge)
        }
    }
}
