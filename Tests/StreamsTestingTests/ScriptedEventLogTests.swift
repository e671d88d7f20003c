import Streams
import StreamsTesting
import Testing

@Suite struct ScriptedEventLogTests {
    private let record = LogRecord(
        offset: 0,
        start: 1,
        count: 1,
        producerStart: 0,
        producerCount: 1,
        sequence: 0
    )

    @Test func anAppendThatFailsAddsNothing() async throws {
        let log = ScriptedEventLog()
        let away = EventLogError.unavailable(reason: "away")
        log.appends.add(.fails(away), .takesEffectButFails(away))
        await #expect(throws: away) { _ = try await log.append([record], in: [1, 2], to: 0) }
        #expect(log.truth.end(of: 0) == 0)
        await #expect(throws: away) { _ = try await log.append([record], in: [1, 2], to: 0) }
        #expect(log.truth.end(of: 0) == 1)
        let again = try await log.append([record], in: [1, 2], to: 0)
        #expect(again == Appended(offsets: 1..<1, alreadyThere: 1))
    }

    @Test func aPollThatFailsReadsNothing() async throws {
        let log = ScriptedEventLog()
        let member = log.join(holding: [0])
        _ = try await log.append([record], in: [1, 2], to: 0)
        var reader = try await member.reader(of: 0, from: 0)
        let damaged = EventLogError.damaged(partition: 0, offset: 0, reason: "a bit")
        log.polls.add(.fails(damaged))
        var chunk = Chunk<LogRecord>()
        #expect(throws: damaged) { _ = try reader.poll(into: &chunk, limit: ChunkLimit()) }
        #expect(chunk.elements.isEmpty)
        let pulled = try reader.poll(into: &chunk, limit: ChunkLimit())
        #expect(pulled == .elements(OffsetRange(partition: 0, lower: 0, upper: 1)))
    }

    @Test func aMoveThatTookEffectCanBeSeen() async throws {
        let store = ScriptedCursorStore()
        let claim = try await store.claim(0)
        let lost = CursorError.inDoubt(reason: "lost")
        store.moves.add(.takesEffectButFails(lost))
        await #expect(throws: lost) {
            let range = OffsetRange(partition: 0, lower: 0, upper: 3)
            try await store.advance(range, epoch: claim.epoch)
        }
        #expect(try await store.cursor(of: 0).nextOffset == 3)
        #expect(store.moves.count == 0)
    }
}
