/// Why bytes, or the parts of an event, are no event: what is wrong, with which field, and where.
///
/// Whoever gets one has changed nothing: an arena that was to be appended to is as it was.
public struct EventError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Problem: String, Error, Hashable, Sendable {
        case malformedJSON = "is not JSON"
        case notARow = "is not three columns: a time and two numbers"
        case badUTF8 = "is not UTF-8"
        case tooDeep = "is nested more than 32 deep"
        case tooLarge = "is larger than an event may be"
        case missing = "is missing"
        case duplicate = "is given twice"
        case amountTwice = "is given as cost and as amount"
        case wrongType = "has a value of the wrong type"
        case nested = "is an array or an object, and a value may be neither"
        case empty = "is empty"
        case tooLong = "is longer than its limit"
        case notANumber = "is not a decimal number"
        case overflow = "is out of range"
        case tooManyPlaces = "has more than 9 decimal places"
        case negative = "is negative"
        case badTime = "is neither integer milliseconds nor an RFC 3339 time"
        case badCurrency = "is not three upper-case letters"
        case unknownValue = "is not one of the known values"
        case unsupportedVersion = "has a version that this program does not know"
        case notCanonical = "is not in the canonical form"
    }

    public let problem: Problem
    /// The field's key, or empty where the whole event is meant.
    public let field: String
    /// Where, in bytes from the start of what was read; 0 for an event that was made from parts.
    public let offset: Int

    public init(_ problem: Problem, field: String = "", at offset: Int = 0) {
        self.problem = problem
        self.field = field
        self.offset = offset
    }

    /// The same input fails again, always.
    public var isRetriable: Bool { false }
}

extension EventError: CustomStringConvertible {
    public var description: String {
        "\(field.isEmpty ? "the event" : "'\(field)'") \(problem.rawValue), at byte \(offset)"
    }
}
