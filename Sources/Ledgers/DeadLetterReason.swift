/// Why an input can never become an entry; the raw value is what commands print.
public enum DeadLetterReason: String, Hashable, Sendable, CaseIterable {
    /// A row of a file that is no row of its format.
    case malformedRow = "malformed_row"
    /// A record whose bytes are no event.
    case malformedEvent = "malformed_event"
    /// More bytes than an entry may have.
    case tooLarge = "too_large"
    /// An identifier that an entry with other bytes has.
    case idConflict = "id_conflict"
    /// The store refused it for good.
    case rejectedByStore = "rejected_by_store"
}
