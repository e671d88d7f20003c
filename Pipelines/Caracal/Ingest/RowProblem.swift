import Events

/// Why a row is a dead letter.
struct RowProblem: Error {
    /// The word that programs read.
    enum Reason: String {
        /// It is no row of its format at all.
        case malformedRow = "malformed_row"
        /// It is a row, and what it says is no event.
        case malformedEvent = "malformed_event"
        case tooLarge = "too_large"
    }

    let reason: Reason
    let message: String

    init(reason: Reason, message: String) {
        self.reason = reason
        self.message = message
    }

    /// What is wrong with a line of JSON.
    init(_ error: EventError) {
        let reason: Reason =
            switch error.problem {
            case .tooLarge: .tooLarge
            case .malformedJSON, .badUTF8, .tooDeep: .malformedRow
            default: .malformedEvent
            }
        self.init(reason: reason, message: error.description)
    }
}
