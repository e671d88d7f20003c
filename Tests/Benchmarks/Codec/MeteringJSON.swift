/// An event as Foundation's coders take it.
struct MeteringJSON: Codable {
    let eventID: String
    let agentID: String
    let resourceType: String
    let amount: String
    let currency: String
    let timestamp: String
    let metadata: [String: String]

    enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case agentID = "agent_id"
        case resourceType = "resource_type"
        case amount
        case currency
        case timestamp
        case metadata
    }
}
