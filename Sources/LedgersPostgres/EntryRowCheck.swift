import Cryptography
import Events
import Streams
import StreamsPostgres

/// Compares the columns of a row of `entries` with the canonical bytes that it holds.
struct EntryRowCheck {
    /// The places of the columns in ``EntryRows/columns``.
    enum Column: Int, CaseIterable {
        case index, sourceOffset, eventTime, costNanos, sequence, partition, eventType, eventID
        case agentID, resourceType, currency, producer, payload

        var name: String {
            switch self {
            case .index: "index"
            case .sourceOffset: "source_offset"
            case .eventTime: "event_time"
            case .costNanos: "cost_nanos"
            case .sequence: "sequence"
            case .partition: "partition"
            case .eventType: "event_type"
            case .eventID: "event_id"
            case .agentID: "agent_id"
            case .resourceType: "resource_type"
            case .currency: "currency"
            case .producer: "producer"
            case .payload: "payload"
            }
        }
    }

    /// The codes and names that columns hold, as bytes.
    private var kinds: [UInt8: [UInt8]] = [:]
    private var currency = (value: Currency.usd, code: Array(Currency.usd.description.utf8))

    /// The first column that does not say what the payload says.
    ///
    /// Producer and sequence are compared where the event itself names its producer; others ride on
    /// the record.
    mutating func firstWrong(_ rows: PostgresRows, _ row: Int) -> Column? {
        rows.withBytes(row, Column.payload.rawValue) { payload -> Column? in
            let view: EventView
            do throws(EventError) {
                view = try EventView(validating: payload, in: 0..<payload.count)
            } catch {
                return .payload
            }
            if integer(rows, row, .eventTime) != Int(view.timestamp.nanoseconds) {
                return .eventTime
            }
            if integer(rows, row, .costNanos) != view.cost.map({ Int($0.nanos) }) {
                return .costNanos
            }
            if kinds[view.kind.rawValue] == nil {
                kinds[view.kind.rawValue] = Array(view.kind.name.utf8)
            }
            if !matches(rows, row, .eventType, kinds[view.kind.rawValue]) { return .eventType }
            if !matches(rows, row, .eventID, payload, view.eventID) { return .eventID }
            if !matches(rows, row, .agentID, payload, view.agentID) { return .agentID }
            if !matches(rows, row, .resourceType, payload, view.resourceType) {
                return .resourceType
            }
            if let cost = view.cost, cost.currency != currency.value {
                currency = (cost.currency, Array(cost.currency.description.utf8))
            }
            if !matches(rows, row, .currency, view.cost == nil ? nil : currency.code) {
                return .currency
            }
            if let producer = view.producerID {
                if !matches(rows, row, .producer, payload, producer) { return .producer }
                if integer(rows, row, .sequence) != view.sequence { return .sequence }
            }
            return nil
        }
    }

    private func integer(_ rows: PostgresRows, _ row: Int, _ column: Column) -> Int? {
        rows.isNull(row, column.rawValue) ? nil : rows.integer(row, column.rawValue)
    }

    private func matches(
        _ rows: PostgresRows,
        _ row: Int,
        _ column: Column,
        _ expected: [UInt8]?
    ) -> Bool {
        guard let expected else { return rows.isNull(row, column.rawValue) }
        return rows.withBytes(row, column.rawValue) { Self.isSame($0, expected.span) }
    }

    private func matches(
        _ rows: PostgresRows,
        _ row: Int,
        _ column: Column,
        _ payload: Span<UInt8>,
        _ range: Range<Int>?
    ) -> Bool {
        guard let range else { return rows.isNull(row, column.rawValue) }
        return rows.withBytes(row, column.rawValue) { found in
            let expected = payload.extracting(range)
            if Self.isSame(found, expected) { return true }
            // What a text of the database cannot hold.
            guard column != .producer else { return false }
            var replaced: [UInt8] = []
            for index in expected.indices {
                if expected[index] == 0 {
                    replaced += [0xef, 0xbf, 0xbd]
                } else {
                    replaced.append(expected[index])
                }
            }
            return Self.isSame(found, replaced.span)
        }
    }

    private static func isSame(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
