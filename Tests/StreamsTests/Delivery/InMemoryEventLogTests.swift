import ConformanceKit
import Streams
import StreamsTesting
import Testing

@Suite struct InMemoryEventLogTests {
    @Test func isAnEventLog() async throws {
        let conformance = EventLogConformance(clock: GraphClock(ContinuousClock())) {
            let log = InMemoryEventLog(recordLimit: 10_000)
            let member = log.join(holding: [0])
            return .init(appender: log, member: member, recordLimit: log.recordLimit)
        }
        try await conformance.runAll()
    }

    @Test func coversOffsetsThatHoldNothing() async throws {
        let log = InMemoryEventLog()
        let member = log.join(holding: [0])
        _ = try await log.append([LogRecord(offset: 0, start: 0, count: 1)], in: [1], to: 0)
        log.skip(3, in: 0)
        _ = try await log.append([LogRecord(offset: 0, start: 0, count: 1)], in: [2], to: 0)
        log.skip(2, in: 0)
        var reader = try await member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        let first = try reader.poll(into: &chunk, limit: ChunkLimit(elements: 1))
        #expect(first == .elements(OffsetRange(partition: 0, lower: 0, upper: 4)))
        chunk = Chunk()
        let second = try reader.poll(into: &chunk, limit: ChunkLimit(elements: 1))
        #expect(second == .elements(OffsetRange(partition: 0, lower: 4, upper: 7)))
        #expect(chunk.elements.map(\.offset) == [4])
        #expect(log.end(of: 0) == 7)
    }

    @Test func hasNothingBeforeWhatItForgot() async throws {
        let log = InMemoryEventLog()
        let member = log.join(holding: [0])
        log.skip(10, in: 0)
        log.forget(before: 4, in: 0)
        let error = EventLogError.offsetOutOfRange(partition: 0, offset: 3, begin: 4, end: 10)
        await #expect(throws: error) { _ = try await member.reader(of: 0, from: 3) }
        _ = try await member.reader(of: 0, from: 4)
    }

    @Test func aPartitionHasOneHolderAtATime() async throws {
        let log = InMemoryEventLog(partitions: 2)
        let first = log.join(holding: [0, 1])
        let second = log.join(holding: [1])
        #expect(try await first.nextChange() == .assigned([0, 1]))
        await #expect(throws: EventLogError.notAssigned(partition: 1)) {
            _ = try await second.reader(of: 1, from: 0)
        }
        log.revoke([1], from: first)
        #expect(try await first.nextChange() == .revoked([1]))
        _ = try await first.reader(of: 1, from: 0)
        await first.release([1])
        #expect(try await second.nextChange() == .assigned([1]))
        await #expect(throws: EventLogError.notAssigned(partition: 1)) {
            _ = try await first.reader(of: 1, from: 0)
        }
    }

    @Test func aReaderOfALostPartitionReadsNoMore() async throws {
        let log = InMemoryEventLog()
        let member = log.join(holding: [0])
        var reader = try await member.reader(of: 0, from: 0)
        log.lose([0], from: member)
        var chunk = Chunk<LogRecord>()
        #expect(throws: EventLogError.notAssigned(partition: 0)) {
            _ = try reader.poll(into: &chunk, limit: ChunkLimit())
        }
        #expect(try await member.nextChange() == .assigned([0]))
        #expect(try await member.nextChange() == .lost([0]))
    }

    @Test func leavingFreesWhatWasHeld() async throws {
        let log = InMemoryEventLog()
        let first = log.join(holding: [0])
        let second = log.join(holding: [0])
        await first.close()
        #expect(try await second.nextChange() == .assigned([0]))
    }

    @Test func acknowledgingIsForHoldersAndOnlyForward() async {
        let log = InMemoryEventLog()
        let member = log.join(holding: [0])
        await member.acknowledge(0, upTo: 5)
        await member.acknowledge(0, upTo: 3)
        await log.join().acknowledge(0, upTo: 9)
        #expect(log.acknowledged(of: 0) == 5)
    }
}
