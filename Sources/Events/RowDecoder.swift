/// Turns the rows of a file into the canonical bytes of events.
public struct RowDecoder: Sendable {
    /// By what a row that comes again is known.
    public enum Identity: Sendable {
        /// By the producer and the sequence that the event names; both are in its keys.
        case event
        /// By the source's name and the row's number, since the event names no producer.
        case row(Int)
        /// By its id only: the event names a producer, but no sequence.
        case none
    }

    /// What a row has become.
    public struct Decoded: Sendable {
        public let keys: EventKeys
        public let identity: Identity
    }

    private var trace: TraceDecoder?
    private var json = EventJSON()

    /// - Parameters:
    ///   - format: The file's format.
    ///   - source: The name by which the file's rows are known: 1 to 256 bytes.
    ///   - agents: Among how many agents the rows of a trace are dealt: 1 or more.
    ///   - pricebook: What the tokens of a trace cost.
    /// - Throws: ``EventError`` about `source` or `agents`, ``PricebookError`` about prices.
    public init(
        format: InputFormat,
        source: String,
        agents: Int = 16,
        pricebook: Pricebook = .builtIn
    ) throws {
        try checkSource(source)
        guard format == .llmTrace else { return }
        trace = try TraceDecoder(source: source, agents: agents, pricebook: pricebook)
    }

    /// Appends the canonical bytes of the event of a row.
    ///
    /// - Parameters:
    ///   - row: The row's place.
    ///   - bytes: What was kept of it.
    ///   - out: The arena; on an error it is as it was.
    /// - Returns: Where in the arena the event is, and how the row is known.
    /// - Throws: ``RowError``; the row can never become an event.
    public mutating func canonicalize(
        _ row: RowReader.Row,
        _ bytes: Span<UInt8>,
        into out: inout [UInt8]
    ) throws(RowError) -> Decoded {
        guard !row.line.isCut else {
            throw RowError(.tooLarge, EventError(.tooLarge, at: bytes.count), row)
        }
        if trace != nil {
            do throws(EventError) {
                guard
                    let keys = try trace?.canonicalize(bytes, number: row.number, into: &out)
                else { throw EventError(.notARow) }
                return Decoded(keys: keys, identity: .event)
            } catch {
                throw RowError(.malformedRow, error, row)
            }
        }
        do throws(EventError) {
            let keys = try json.canonicalize(bytes, into: &out)
            if keys.producerID.isEmpty {
                return Decoded(keys: keys, identity: .row(row.number))
            }
            return Decoded(keys: keys, identity: keys.sequence >= 0 ? .event : .none)
        } catch {
            throw RowError(RowError.Reason(error.problem), error, row)
        }
    }
}

/// Why a row is no event.
public struct RowError: Error, Hashable, Sendable {
    /// The name of the reason, as dead letters have it.
    public enum Reason: String, Sendable {
        /// Not a row of its format: not the columns of a trace, not JSON, not UTF-8.
        case malformedRow = "malformed_row"
        /// JSON, but no event.
        case malformedEvent = "malformed_event"
        case tooLarge = "too_large"

        init(_ problem: EventError.Problem) {
            switch problem {
            case .malformedJSON, .badUTF8: self = .malformedRow
            case .tooLarge: self = .tooLarge
            default: self = .malformedEvent
            }
        }
    }

    public let reason: Reason
    public let error: EventError
    public let row: RowReader.Row

    init(_ reason: Reason, _ error: EventError, _ row: RowReader.Row) {
        self.reason = reason
        self.error = error
        self.row = row
    }
}

extension RowError: CustomStringConvertible {
    public var description: String {
        if row.line.isCut {
            return "line \(row.line.number) has \(row.line.byteCount) bytes, more than a row may"
        }
        return "line \(row.line.number): \(error)"
    }
}
