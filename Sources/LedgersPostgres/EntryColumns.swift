import Events
import StreamsPostgres

/// The columns of an entry's row, held against its bytes.
struct EntryColumns {
    /// What is asked for, in the order that the checks count on.
    static let list = """
        index, source_offset, event_time, cost_nanos, sequence, event_type, event_id, agent_id, \
        resource_type, currency, producer, payload
        """
    static let payload = 11

    private static let names = [
        "index", "source_offset", "event_time", "cost_nanos", "sequence", "event_type", "event_id",
        "agent_id", "resource_type", "currency", "producer", "payload",
    ]

    /// The columns of a row that do not follow from the bytes; empty if all do.
    ///
    /// - Parameters:
    ///   - rows: Rows of ``list``.
    ///   - row: Which.
    ///   - view: The event of its payload.
    ///   - bytes: The payload.
    /// - Returns: Their names, in the order of ``list``.
    static func wrong(
        _ rows: PostgresRows,
        _ row: Int,
        _ view: EventView,
        _ bytes: Span<UInt8>
    ) -> [String] {
        var wrong: [Int] = []
        func check(_ column: Int, _ expected: Int?) {
            if rows.integer(row, column) != expected { wrong.append(column) }
        }
        func check(_ column: Int, _ isEqual: Bool) {
            if !isEqual { wrong.append(column) }
        }
        let cost = view.cost
        check(2, Int(view.timestamp.nanoseconds))
        check(3, cost.map { Int($0.nanos) })
        check(5, rows.withBytes(row, 5) { isEqual($0, Array(view.kind.name.utf8).span) })
        check(6, rows.withBytes(row, 6) { isEqual($0, bytes.extracting(view.eventID)) })
        check(7, rows.withBytes(row, 7) { isEqual($0, bytes.extracting(view.agentID)) })
        if let type = view.resourceType {
            check(8, rows.withBytes(row, 8) { isEqual($0, bytes.extracting(type)) })
        } else {
            check(8, rows.isNull(row, 8))
        }
        if let cost {
            let code = Array(cost.currency.description.utf8)
            check(9, rows.withBytes(row, 9) { isEqual($0, code.span) })
        } else {
            check(9, rows.isNull(row, 9))
        }
        return wrong.map { names[$0] }
    }

    /// Whether a text is stored as it is, or with U+FFFD for every U+0000.
    private static func isEqual(_ stored: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        var place = 0
        for index in text.indices {
            let byte = text[index]
            if byte != 0 {
                guard place < stored.count, stored[place] == byte else { return false }
                place += 1
            } else {
                guard place + 3 <= stored.count, stored[place] == 0xef, stored[place + 1] == 0xbf,
                    stored[place + 2] == 0xbd
                else { return false }
                place += 3
            }
        }
        return place == stored.count
    }
}
