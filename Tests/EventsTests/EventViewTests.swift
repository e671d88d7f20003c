import Events
import StreamsTesting
import Testing

@Suite struct EventViewTests {
    /// Every event is what its canonical bytes say, wherever in an arena they lie.
    @Test(arguments: UInt64(0)..<20)
    func readsWhatWasWritten(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        for _ in 0..<100 {
            let event = try events.next()
            var arena: [UInt8] = [1, 2, 3]
            event.appendCanonical(to: &arena)
            let end = arena.count
            arena += [4, 5]

            let view = try EventView(validating: arena.span, in: 3..<end)
            let back = try Event(view, arena.span)

            #expect(back == event)
            #expect(back.canonicalBytes == Array(arena[3..<end]))
            #expect(text(arena, view.eventID) == event.id)
            #expect(text(arena, view.agentID) == event.agent)
            #expect(view.producerID.map { text(arena, $0) } == event.producer)
            #expect(view.sequence == event.sequence)
            #expect(view.timestamp == event.timestamp)
            #expect(view.range == 3..<end)

            let known = try EventView(canonical: arena.span, in: 3..<end)
            #expect(try Event(known, arena.span) == event)
        }
    }

    /// Whatever is done to canonical bytes, what is accepted is written the same way again.
    @Test(arguments: UInt64(0)..<40)
    func acceptsOneFormOnly(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<25 {
            let bytes = try events.next().canonicalBytes
            for _ in 0..<40 {
                let mutated = Mutation.mutate(bytes, using: &random)
                guard let event = try? Event(canonical: mutated.span) else { continue }
                accepted += 1
                #expect(event.canonicalBytes == mutated)
            }
        }
        #expect(accepted > 0)
    }

    /// What is taken for canonical without a check stays within its bytes all the same.
    @Test(arguments: UInt64(0)..<20)
    func readsNothingOutsideOfTheEvent(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<25 {
            let bytes = try events.next().canonicalBytes
            for _ in 0..<40 {
                let mutated = Mutation.mutate(bytes, using: &random)
                let range = 0..<mutated.count
                do throws(EventError) {
                    let view = try EventView(canonical: mutated.span, in: range)
                    for place in [view.eventID, view.agentID, view.resourceType ?? 0..<0] {
                        #expect(place.lowerBound >= 0 && place.upperBound <= mutated.count)
                    }
                } catch {
                    refused += 1
                    #expect((try? EventView(validating: mutated.span, in: range)) == nil)
                }
            }
        }
        #expect(refused > 0)
    }

    /// Every prefix of an event, and every event with something behind it, is refused.
    @Test func refusesWhatIsCutOrFollowed() throws {
        var events = RandomEvents(seed: 7)
        for _ in 0..<20 {
            let bytes = try events.next().canonicalBytes
            for count in 0..<bytes.count {
                #expect(throws: EventError.self) {
                    try EventView(validating: bytes.span, in: 0..<count)
                }
            }
            for byte: UInt8 in [0, 1, 255] {
                let longer = bytes + [byte]
                #expect(throws: EventError.self) {
                    try EventView(validating: longer.span, in: 0..<longer.count)
                }
            }
            #expect(throws: EventError.self) {
                try EventView(validating: bytes.span, in: 0..<bytes.count + 1)
            }
        }
    }

    private func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
