import Events
import Foundation
import StreamsTesting
import Testing

@Suite struct EventJSONTests {
    /// 10,000 events in every spelling are read as what they are, and as Foundation reads them.
    @Test(arguments: UInt64(0)..<20)
    func agreesWithFoundation(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        var spelling = RandomJSON(seed: seed)
        var reader = EventJSON()
        var arena: [UInt8] = []
        for _ in 0..<500 {
            let event = try events.next()
            let json = spelling.spell(event)
            let start = arena.count

            let keys = try reader.canonicalize(json.span, into: &arena)

            #expect(Array(arena[start...]) == event.canonicalBytes)
            #expect(keys.range.range == start..<arena.count)
            #expect(text(arena, keys.eventID) == event.id)
            #expect(text(arena, keys.agentID) == event.agent)
            #expect(text(arena, keys.producerID) == event.producer ?? "")
            #expect(keys.sequence == event.sequence ?? -1)
            #expect(keys.kind == event.payload.kind)
            try compareWithFoundation(event, json)
            #expect(try Event(json: event.json.span) == event)
        }
    }

    @Test func writesNoControlCharacterThatATerminalWouldObey() throws {
        let controls = (UInt32(0)...0xff).compactMap(Unicode.Scalar.init)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: controls)
        let quoted = try JSONEncoder().encode(String(text))
        let event = try Event(
            json: Array(
                (#"{"event_id":"a","agent_id":"b","resource_type":"c","timestamp":1,"cost":1,"#
                    + #""currency":"USD","note":"# + String(decoding: quoted, as: UTF8.self) + "}")
                    .utf8
            ).span
        )
        let json = String(decoding: event.json, as: UTF8.self)
        #expect(!json.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(try Event(json: event.json.span) == event)
        let read = try JSONSerialization.jsonObject(with: Data(event.json)) as? [String: Any]
        #expect((read?["metadata"] as? [String: Any])?["note"] as? String == String(text))
    }

    /// Reads `json` with Foundation and compares texts and amounts.
    private func compareWithFoundation(_ event: Event, _ json: [UInt8]) throws {
        let tree = try JSONSerialization.jsonObject(with: Data(json))
        let members = try #require(tree as? [String: Any])
        func text(_ key: String) -> String? { members[key] as? String }
        #expect(text("event_id") == event.id)
        #expect(text("agent_id") == event.agent)
        #expect(text("producer_id") == event.producer)
        #expect(text("correlation_id") == event.correlation)
        #expect(text("parent_event_id") == event.parent)
        if case .metering(let metering) = event.payload {
            let cost = members["cost"] ?? members["amount"]
            #expect(text("resource_type") == metering.resourceType)
            if let cost = cost as? String {
                let nanos = try #require(Decimal(string: cost)) * 1_000_000_000
                #expect(nanos == Decimal(metering.cost.nanos))
            }
        }
        let inside = members["metadata"] as? [String: Any] ?? [:]
        for entry in event.metadata.entries {
            let value = inside[entry.key] ?? members[entry.key]
            switch entry.value {
            case .text(let text): #expect(value as? String == text)
            case .bool(let flag): #expect(value as? Bool == flag)
            case .null: #expect(value is NSNull)
            case .number(let text):
                // Foundation is wrong in the last bit of some doubles.
                let mine = try #require(Double(text))
                let theirs = try #require(value as? NSNumber).doubleValue
                #expect(abs(theirs - mine) <= abs(mine) * 1e-14)
            }
        }
    }

    private func text(_ bytes: [UInt8], _ range: ArenaRange) -> String {
        String(decoding: bytes[range.range], as: UTF8.self)
    }

    /// A million damaged texts never trap, and none is accepted that Foundation calls malformed.
    @Test(arguments: UInt64(0)..<100)
    func acceptsNothingThatFoundationRefuses(seed: UInt64) throws {
        var events = RandomEvents(seed: seed, isShort: true)
        var spelling = RandomJSON(seed: seed)
        var random = SeededGenerator(seed: seed)
        var reader = EventJSON()
        var arena: [UInt8] = []
        var accepted = 0
        for _ in 0..<100 {
            let json = spelling.spell(try events.next())
            for _ in 0..<100 {
                let mutated = Mutation.mutate(json, using: &random)
                arena.removeAll(keepingCapacity: true)
                guard (try? reader.canonicalize(mutated.span, into: &arena)) != nil else {
                    if !arena.isEmpty { Issue.record("an error left \(arena.count) bytes") }
                    continue
                }
                accepted += 1
                if (try? JSONSerialization.jsonObject(with: Data(mutated))) == nil {
                    let text = String(decoding: mutated, as: UTF8.self)
                    Issue.record("accepted what is malformed: \(text.debugDescription)")
                }
            }
        }
        #expect(accepted > 100)
    }
}

extension EventJSONTests {
    /// The events of the load generators are events, with their amounts and times.
    @Test func readsTheEventsOfTheLoadGenerators() throws {
        var reader = EventJSON()
        var arena: [UInt8] = []
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for index in UInt64(0)..<500 {
            let milliseconds = LoadEvents.milliseconds(index)
            let date = Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1_000)
            let json = LoadEvents.json(index, time: date.formatted(style))
            try #require(json.count == 533)
            let keys = try reader.canonicalize(json.span, into: &arena)
            let view = try EventView(validating: arena.span, in: keys.range.range)
            #expect(view.timestamp.milliseconds == milliseconds)
            #expect(view.cost?.nanos == Int64(LoadEvents.micros(index)) * 1_000)
            #expect(view.metadataCount == 3)
            #expect(view.quantity == .one)
        }
        let first = String(decoding: arena[31..<100], as: UTF8.self)
        #expect(first.contains("f2acd20e-c0fa-d03a-2c48-2c33d2ab04c6"))
        #expect(first.contains("149d3af9-ca75-0ccc-e22c"))
    }

    /// Many keys are sorted as few are, and one of them twice is found among them.
    @Test(arguments: UInt64(0)..<20)
    func sortsAnyNumberOfKeys(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 2...60, using: &random)
        let keys = (0..<count).map { "key\u{e9}\($0)" }
        func json(_ keys: [String]) -> [UInt8] {
            let members = keys.map { "\"\($0)\":null" }.joined(separator: ",")
            return Array(
                """
                {"event_id":"e","agent_id":"a","timestamp":1,"resource_type":"r","cost":1,\
                "currency":"USD",\(members)}
                """.utf8
            )
        }
        let shuffled = json(keys.shuffled(using: &random))
        let event = try Event(json: shuffled.span)
        #expect(
            try event.metadata.entries.map(\.key)
                == Metadata(keys.map { ($0, .null) }).entries.map(\.key)
        )
        let twice = json((keys + [keys[0]]).shuffled(using: &random))
        let error = #expect(throws: EventError.self) { try Event(json: twice.span) }
        #expect(error?.problem == .duplicate)
        #expect(error?.field == keys[0])
    }
}
