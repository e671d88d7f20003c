import Events
import Testing

@Suite struct EventTests {
    private func event(
        id: String = "e",
        agent: String = "a",
        cost: Int64 = 1,
        quantity: Quantity = .one,
        sequence: Int? = nil,
        metadata: Metadata = .none
    ) throws -> Event {
        try Event(
            id: id,
            agent: agent,
            timestamp: EventTime(nanoseconds: 0),
            .metering(
                Metering(
                    resourceType: "r",
                    quantity: quantity,
                    cost: Money(nanos: cost, currency: .usd)
                )
            ),
            sequence: sequence,
            metadata: metadata
        )
    }

    /// No event exists beyond the bounds, and the error names the field.
    @Test func refusesPartsBeyondTheirBounds() throws {
        let long = String(repeating: "é", count: 129)
        #expect(throws: EventError(.empty, field: "event_id")) { try event(id: "") }
        #expect(throws: EventError(.tooLong, field: "event_id")) { try event(id: long) }
        #expect(throws: EventError(.empty, field: "agent_id")) { try event(agent: "") }
        #expect(throws: EventError(.negative, field: "cost")) { try event(cost: -1) }
        #expect(throws: EventError(.negative, field: "quantity")) {
            try event(quantity: Quantity(-1))
        }
        #expect(throws: EventError(.negative, field: "sequence")) { try event(sequence: -1) }
        #expect(try event(id: String(long.dropLast())).id.utf8.count == 256)
    }

    /// The largest event has 65,535 canonical bytes; one byte more is no event.
    @Test func reachesItsLargestSize() throws {
        let room = 65_535 - (try event(metadata: Metadata([("k", .text(""))])).canonicalBytes.count)
        func padded(_ count: Int) throws -> Event {
            let text = String(repeating: "x", count: count)
            return try event(metadata: Metadata([("k", .text(text))]))
        }
        let largest = try padded(room)
        #expect(largest.canonicalBytes.count == 65_535)
        #expect(try Event(canonical: largest.canonicalBytes.span) == largest)
        #expect(try Event(json: largest.json.span) == largest)
        #expect(throws: EventError(.tooLarge)) { try padded(room + 1) }
        let json = String(decoding: largest.json, as: UTF8.self)
        let larger = Array(json.replacing("xx", with: "xxx", maxReplacements: 1).utf8)
        let error = #expect(throws: EventError.self) { try Event(json: larger.span) }
        #expect(error?.problem == .tooLarge)
    }

    /// Texts that look alike but have other bytes make other events.
    @Test func differsWhereTheBytesDiffer() throws {
        #expect("\u{e9}" == "e\u{301}")
        #expect(try event(id: "\u{e9}") != event(id: "e\u{301}"))
        #expect(try event(id: "x") == event(id: "x"))
        #expect(try Set([event(), event(), event(cost: 2)]).count == 2)
    }
}
