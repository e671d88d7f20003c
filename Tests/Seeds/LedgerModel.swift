import ConformanceKit
import Ledgers
import Streams

/// What must come out of the records of one partition, computed one record at a time.
struct LedgerModel {
    /// What a record is made to be; follows from its number.
    enum Kind {
        case event
        /// Bytes of which no event can be made.
        case poison
        /// An event that the store will not have.
        case cursed
        /// An event outside of its producer's sequence.
        case unnumbered
        /// The event of the number before, outside of any sequence, with the same bytes.
        case repeated
        /// Another event with the identifier of the number before, outside of any sequence.
        case conflicting

        init(_ number: Int) {
            switch number % 97 {
            case 11, 34, 71: self = .poison
            case 50: self = .cursed
            case 61: self = .unnumbered
            case 62, 63: self = .repeated
            case 65: self = .conflicting
            default: self = .event
            }
        }

        var isNumbered: Bool {
            switch self {
            case .event, .poison, .cursed: true
            case .unnumbered, .repeated, .conflicting: false
            }
        }
    }

    /// What is refused, and where.
    struct Refusal: Equatable {
        let offset: Int
        let reason: DeadLetterReason
    }

    private(set) var entries: [[UInt8]] = []
    private(set) var refused: [Refusal] = []
    private var mark = -1
    private var known: [Int: [UInt8]] = [:]

    /// The bytes of the record with this number.
    static func bytes(_ number: Int) throws -> [UInt8] {
        switch Kind(number) {
        case .event, .cursed, .unnumbered: try LedgerSample.event(number)
        case .poison: [0xFF, UInt8(truncatingIfNeeded: number)]
        case .repeated: try LedgerSample.event(identity(of: number))
        case .conflicting: try LedgerSample.conflicting(with: identity(of: number))
        }
    }

    /// The number whose event's identifier the record bears.
    private static func identity(of number: Int) -> Int {
        switch Kind(number) {
        case .repeated: number - number % 97 + 61
        case .conflicting: number - number % 97 + 61
        default: number
        }
    }

    /// Takes the next record of the log.
    mutating func take(number: Int, at offset: Int, _ bytes: [UInt8]) {
        let kind = Kind(number)
        let identity = Self.identity(of: number)
        switch kind {
        case .poison:
            refused.append(Refusal(offset: offset, reason: .malformedEvent))
        case .event, .cursed:
            guard number > mark else { return }
            mark = number
            if kind == .cursed {
                refused.append(Refusal(offset: offset, reason: .rejectedByStore))
            } else {
                admit(identity, bytes)
            }
        case .unnumbered, .repeated, .conflicting:
            if let entry = known[identity] {
                guard entry != bytes else { return }
                refused.append(Refusal(offset: offset, reason: .idConflict))
            } else {
                admit(identity, bytes)
            }
        }
    }

    private mutating func admit(_ identity: Int, _ bytes: [UInt8]) {
        entries.append(bytes)
        known[identity] = bytes
    }
}
