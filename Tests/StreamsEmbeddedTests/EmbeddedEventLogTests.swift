import ConformanceKit
import Streams
import StreamsEmbedded
import StreamsTesting
import Testing

@Suite struct EmbeddedEventLogTests {
    let folder: TemporaryFolder
    let log: String

    init() async throws {
        folder = try TemporaryFolder()
        log = folder / "log"
        try await EmbeddedEventLog.create(log)
    }

    private static func fixture(
        _ folder: TemporaryFolder,
        segmentLimit: Int
    ) async throws -> EventLogConformance<EmbeddedEventLog>.Fixture {
        let log = folder / "log"
        let appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        return EventLogConformance.Fixture(
            appender: appender,
            member: try await EmbeddedEventLog.open(log),
            recordLimit: AppendBatch.recordLimit
        ) {
            await appender.close()
            return try await fixture(folder, segmentLimit: segmentLimit)
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [700, 1 << 20])
    func itIsAnEventLog(segmentLimit: Int) async throws {
        let suite = EventLogConformance(clock: clock) {
            let folder = try TemporaryFolder()
            try await EmbeddedEventLog.create(folder / "log")
            return try await Self.fixture(folder, segmentLimit: segmentLimit)
        }
        try await suite.runAll()
    }

    /// An older segment that was cut, even where a frame ends, or that is gone is damage: a reader says
    /// so behind the last record that it has, and neither waits nor goes round.
    @Test(.timeLimit(.minutes(2)), arguments: [0, 1, 2])
    func recordsThatAreMissingAreDamage(whole: Int) async throws {
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 300)
        for index in 0..<9 {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
        }
        await appender.close()
        let segments = try folder.files().filter { $0.hasSuffix(".log") }
        try #require(segments.count >= 3)
        for path in segments.dropLast() {
            let bytes = try contents(path)
            var scanner = FrameScanner(try File(path, .read), upTo: bytes.count)
            for _ in 0..<whole { _ = try scanner.nextHeader() }
            try put(Array(bytes[..<scanner.position]), at: path)
            await #expect(throws: EventLogError.self, "\(path)") { try await readAll() }
            try put(bytes, at: path)
        }
        for path in segments {
            let bytes = try contents(path)
            try Folder.removeFile(path)
            await #expect(throws: (any Error).self, "\(path)") { try await readAll() }
            try put(bytes, at: path)
        }
        #expect(try await readAll() == plain(0..<9))
    }

    /// Reads what there is from the start; damage behind some records comes with the next read.
    private func readAll() async throws -> [PlainRecord] {
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        return try await reader.read(upTo: 9)
    }

    @Test func theOnlyMemberHoldsEveryPartition() async throws {
        let member = try await EmbeddedEventLog.open(log)
        #expect(try await member.nextChange() == .assigned([0]))
        async let next = member.nextChange()
        await member.close()
        #expect(try await next == nil)
        await #expect(throws: EventLogError.notAssigned(partition: 0)) {
            try await member.reader(of: 0, from: 0)
        }
    }

    @Test func aPartitionThatWasGivenUpIsNotRead() async throws {
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        #expect(try reader.poll(into: &chunk, limit: ChunkLimit()) == .nothing)
        await member.release([0])
        #expect(throws: EventLogError.notAssigned(partition: 0)) {
            try reader.poll(into: &chunk, limit: ChunkLimit())
        }
    }

    @Test func readingBeginsAtAnyOffset() async throws {
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 400)
        for start in stride(from: 0, to: 30, by: 3) {
            let batch = AppendBatch(values(start..<start + 3), of: "p", from: start)
            try await appender.append(batch)
        }
        for offset in 0...30 {
            #expect(try await readLog(log, from: offset) == Array(plain(0..<30)[offset...]))
        }
        for offset in [-1, 31, Int.max] {
            let error = EventLogError.offsetOutOfRange(
                partition: 0,
                offset: offset,
                begin: 0,
                end: 30
            )
            await #expect(throws: error) { try await readLog(log, from: offset) }
        }
    }

    /// However small chunks are, they give every record once, and their ranges join.
    @Test(arguments: [(1, 1 << 20), (3, 1 << 20), (1_000, 20), (7, 1), (4_096, 1 << 20)])
    func chunksAreCutToTheirLimit(elements: Int, bytes: Int) async throws {
        let appender = try await EmbeddedAppender.open(log)
        try await appender.append(AppendBatch(values(0..<10), of: "p", from: 0))
        try await appender.append(AppendBatch(values(10..<100), of: "p", from: 10))
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 2)
        let limit = ChunkLimit(elements: elements, bytes: bytes)
        #expect(try await reader.read(upTo: 100, limit: limit) == Array(plain(0..<100)[2...]))

        var again = try await member.reader(of: 0, from: 0)
        var next = 0
        while next < 100 {
            var chunk = Chunk<LogRecord>()
            switch try again.poll(into: &chunk, limit: limit) {
            case .elements(let range):
                #expect(range.lower == next && range.upper == next + chunk.elements.count)
                #expect(chunk.elements.count <= elements)
                next = range.upper
            case .nothing: try await again.wait(until: nil, on: clock)
            case .finished: Issue.record("a log does not end")
            }
        }
    }

    @Test func largeFramesAreReadWhole() async throws {
        var random = SeededGenerator(seed: 3)
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 4 << 20)
        var expected: [PlainRecord] = []
        for _ in 0..<12 {
            let values = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                let count = Int.random(in: 0...100_000, using: &random)
                return [UInt8](repeating: .random(in: 0...255, using: &random), count: count)
            }
            for value in values {
                expected.append(PlainRecord(offset: expected.count, value: value))
            }
            try await appender.append(AppendBatch(values))
        }
        let found = try await readLog(log)
        #expect(found == expected)
    }

    @Test(.timeLimit(.minutes(10)))
    func aWaitingReaderIsWokenByAnAppend() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        for index in 0..<20 {
            async let appended = appender.append(
                AppendBatch(values(index..<index + 1), of: "p", from: index)
            )
            let found = try await reader.read(upTo: index + 1)
            #expect(found == plain(index..<index + 1))
            _ = try await appended
        }
    }

    @Test func aWaitEndsAtItsDeadlineAndWhenItIsCancelled() async throws {
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        #expect(try reader.poll(into: &chunk, limit: ChunkLimit()) == .nothing)
        try await reader.wait(until: clock.now() + .milliseconds(20), on: clock)
        #expect(try reader.poll(into: &chunk, limit: ChunkLimit()) == .nothing)

        let waiting = try await member.reader(of: 0, from: 0)
        let task = Task {
            var reader = waiting
            try await reader.wait(until: nil, on: clock)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(.timeLimit(.minutes(10))) func aWaitEndsWhenTheGraphDrains() async throws {
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        #expect(try reader.poll(into: &chunk, limit: ChunkLimit()) == .nothing)
        let drain = DrainSwitch()
        async let waited: Void = reader.wait(until: nil, on: clock.ending(with: drain))
        drain.request()
        try await waited
    }

    /// A record is seen when it is published as durable, not when its bytes are in the file.
    @Test func whatIsNotDurableIsNotSeen() async throws {
        let appender = try await EmbeddedAppender.open(log)
        try await appender.append(AppendBatch(values(0..<2), of: "p", from: 0))
        let published = try contents(log + "/0/end")
        try await appender.append(AppendBatch(values(2..<4), of: "p", from: 2))
        await appender.close()
        try put(published, at: log + "/0/end")
        #expect(try await readLog(log) == plain(0..<2))
        await #expect(throws: EventLogError.self) { try await readLog(log, from: 3) }
        let status = try await EmbeddedEventLog.open(log).status()
        #expect(status[0].end == 2)
    }

    @Test func whatComesBeforeDamageIsReadAndThenItIsToldWhere() async throws {
        let appender = try await EmbeddedAppender.open(log)
        for index in 0..<3 {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
        }
        await appender.close()
        let path = log + "/0/00000000000000000000.log"
        try flip(path, at: try contents(path).count - 3, bit: 0)
        let member = try await EmbeddedEventLog.open(log)
        var reader = try await member.reader(of: 0, from: 0)
        var found: [Int] = []
        await #expect(throws: EventLogError.self) {
            var chunk = Chunk<LogRecord>()
            while true {
                switch try reader.poll(into: &chunk, limit: ChunkLimit()) {
                case .nothing: try await reader.wait(until: nil, on: clock)
                case .elements: found += chunk.elements.map(\.offset)
                case .finished: return
                }
                chunk = Chunk()
            }
        }
        #expect(found == [0, 1])
    }
}
