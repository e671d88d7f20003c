public import Streams
import Testing

/// What every event log must do, whatever it is made of.
///
/// Give it a factory of fresh, empty logs of which partition 0 is held, and run every check.
public struct EventLogConformance<Log: EventLog>: Sendable {
    /// One log, its appending and its reading side.
    public struct Fixture: Sendable {
        public let appender: any EventLogAppender
        /// A member that is told by its first change that it holds partition 0.
        public let member: Log
        /// The most bytes of a record's value.
        public let recordLimit: Int
        /// Closes the log and opens it again, for one that lasts longer than a process.
        public let reopen: (@Sendable () async throws -> Fixture)?

        public init(
            appender: any EventLogAppender,
            member: Log,
            recordLimit: Int,
            reopen: (@Sendable () async throws -> Fixture)? = nil
        ) {
            self.appender = appender
            self.member = member
            self.recordLimit = recordLimit
            self.reopen = reopen
        }
    }

    let clock: GraphClock
    private let make: @Sendable () async throws -> Fixture

    /// Makes the checks.
    ///
    /// - Parameters:
    ///   - clock: What readers wait on.
    ///   - make: Makes a fresh log for each check.
    public init(clock: GraphClock, make: @escaping @Sendable () async throws -> Fixture) {
        self.clock = clock
        self.make = make
    }

    /// Runs every check, and records an issue for each that does not hold.
    public func runAll() async throws {
        try await assignsFirst()
        try await numbersWithoutGaps()
        try await addsEachRecordOfAProducerOnce()
        try await keepsProducersApart()
        try await givesBackWhatItTook()
        try await heedsTheLimits()
        try await readsFromAnyOffset()
        try await refusesOffsetsItDoesNotHave()
        try await refusesWhatIsTooLarge()
        try await wakesWhoWaits()
        try await endsAWaitAtItsDeadline()
        try await endsAWaitThatIsCancelled()
        try await saysWhenItIsClosed()
        try await lastsBeyondReopening()
        for seed in UInt64(0)..<8 { try await agreesWithAModel(seed: seed) }
    }

    func open() async throws -> Fixture {
        let fixture = try await make()
        #expect(try await fixture.member.nextChange() == .assigned([0]))
        return fixture
    }

    /// The first thing a member learns is what it holds.
    public func assignsFirst() async throws {
        _ = try await open()
    }

    /// Offsets begin at 0 and follow each other; an append of nothing gives none.
    public func numbersWithoutGaps() async throws {
        let log = try await open()
        #expect(try await log.append([Sample("a"), Sample("b")]) == 0..<2)
        #expect(try await log.append([]) == 2..<2)
        #expect(try await log.append([Sample("c")]) == 2..<3)
    }

    /// A number that is not above the producer's highest adds nothing; numbers may be left out.
    public func addsEachRecordOfAProducerOnce() async throws {
        let log = try await open()
        let first = [Sample("a", by: "p", 0), Sample("b", by: "p", 1)]
        #expect(try await log.append(first) == 0..<2)
        #expect(try await log.append(first) == 2..<2)
        let overlapping = [Sample("b", by: "p", 1), Sample("c", by: "p", 5)]
        #expect(try await log.append(overlapping, alreadyThere: 1) == 2..<3)
        let within = [Sample("d", by: "p", 6), Sample("d", by: "p", 6)]
        #expect(try await log.append(within, alreadyThere: 1) == 3..<4)
        #expect(try await log.append([Sample("c", by: "p", 3)], alreadyThere: 1) == 4..<4)
        let samples = try await log.readAll(on: clock)
        #expect(samples.map(\.text) == ["a", "b", "c", "d"])
    }

    /// Each producer has numbers of its own, and a record outside of any sequence is always added.
    public func keepsProducersApart() async throws {
        let log = try await open()
        _ = try await log.append([Sample("a", by: "p", 7)])
        #expect(try await log.append([Sample("b", by: "q", 7)]) == 1..<2)
        #expect(try await log.append([Sample("c"), Sample("c")]) == 2..<4)
        #expect(try await log.append([Sample("d", by: "p", -1)]) == 4..<5)
        #expect(try await log.append([Sample("e", by: "p", 8)]) == 5..<6)
    }

    /// Values, producers, sequences and offsets come back as they were given.
    public func givesBackWhatItTook() async throws {
        let log = try await open()
        var samples = (0..<300).map { number in
            Sample(bytes: (0..<number).map { UInt8(truncatingIfNeeded: $0 &* number) })
        }
        for index in samples.indices where index % 3 > 0 {
            samples[index].producer = "producer-\(index % 5)"
            samples[index].sequence = index
        }
        _ = try await log.append(samples)
        for index in samples.indices { samples[index].offset = index }
        #expect(try await log.readAll(on: clock) == samples)
    }

    /// No more elements than asked for, and none begun once the arena is full.
    public func heedsTheLimits() async throws {
        let log = try await open()
        let samples = (0..<50).map { Sample(bytes: Array(repeating: UInt8($0), count: 100)) }
        _ = try await log.append(samples)
        var reader = try await log.member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        let few = try await reader.next(into: &chunk, limit: ChunkLimit(elements: 7), on: clock)
        #expect(few == .elements(OffsetRange(partition: 0, lower: 0, upper: chunk.elements.count)))
        #expect((1...7).contains(chunk.elements.count))
        let from = chunk.elements.count
        chunk = Chunk()
        let limit = ChunkLimit(elements: 50, bytes: 250)
        let small = try await reader.next(into: &chunk, limit: limit, on: clock)
        #expect((1...3).contains(chunk.elements.count))
        let upper = from + chunk.elements.count
        #expect(small == .elements(OffsetRange(partition: 0, lower: from, upper: upper)))
    }

    /// A reader begins exactly where it is told to, the end included.
    public func readsFromAnyOffset() async throws {
        let log = try await open()
        _ = try await log.append((0..<100).map { Sample("\($0)") })
        for from in [0, 1, 50, 99] {
            let samples = try await log.readAll(from: from, on: clock)
            #expect(samples.map(\.offset) == Array(from..<100))
        }
        #expect(try await log.readAll(from: 100, on: clock) == [])
    }

    /// What lies outside of the log, or of what the member holds, is an error that says so.
    public func refusesOffsetsItDoesNotHave() async throws {
        let log = try await open()
        _ = try await log.append([Sample("a")])
        for offset in [-1, 2, .max] {
            let expected = EventLogError.offsetOutOfRange(
                partition: 0,
                offset: offset,
                begin: 0,
                end: 1
            )
            await #expect(throws: expected) { _ = try await log.member.reader(of: 0, from: offset) }
        }
        for partition in [-1, 9_999] {
            await #expect(throws: EventLogError.notAssigned(partition: partition)) {
                _ = try await log.member.reader(of: partition, from: 0)
            }
            await #expect(throws: EventLogError.noSuchPartition(partition)) {
                _ = try await log.appender.append([], in: [], to: partition)
            }
        }
    }

    /// A record that is too large is refused together with everything appended with it.
    public func refusesWhatIsTooLarge() async throws {
        let log = try await open()
        let fits = Sample(bytes: Array(repeating: 1, count: log.recordLimit), by: "p", 0)
        var large = fits
        large.bytes.append(1)
        let error = EventLogError.recordTooLarge(
            byteCount: log.recordLimit + 1,
            limit: log.recordLimit
        )
        await #expect(throws: error) { _ = try await log.append([fits, large]) }
        #expect(try await log.append([fits]) == 0..<1)
        #expect(try await log.readAll(on: clock).map(\.bytes.count) == [log.recordLimit])
    }
}
