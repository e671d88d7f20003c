import Streams
import Testing

extension EventLogConformance {
    /// A reader that waits is woken by an append, and then finds it.
    public func wakesWhoWaits() async throws {
        let log = try await open()
        async let offsets = waitAndPoll(log.member)
        _ = try await log.append([Sample("a")])
        #expect(try await offsets == [0])
    }

    private func waitAndPoll(_ member: Log) async throws -> [Int] {
        var reader = try await member.reader(of: 0, from: 0)
        while true {
            var chunk = Chunk<LogRecord>()
            if try reader.poll(into: &chunk, limit: ChunkLimit()) != .nothing {
                return chunk.elements.map(\.offset)
            }
            try await reader.wait(until: nil, on: clock)
        }
    }

    /// A wait with a deadline ends there though nothing comes.
    public func endsAWaitAtItsDeadline() async throws {
        let log = try await open()
        var reader = try await log.member.reader(of: 0, from: 0)
        var chunk = Chunk<LogRecord>()
        #expect(try reader.poll(into: &chunk, limit: ChunkLimit()) == .nothing)
        let deadline = clock.now() + .milliseconds(20)
        try await reader.wait(until: deadline, on: clock)
        #expect(clock.now() >= deadline)
    }

    /// A wait ends with `CancellationError` when its task is cancelled.
    public func endsAWaitThatIsCancelled() async throws {
        let log = try await open()
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await waitAndPoll(log.member) }
                group.cancelAll()
                try await group.next()
            }
        }
    }

    /// A closed log says so once and for all.
    public func saysWhenItIsClosed() async throws {
        let log = try await open()
        await log.member.close()
        #expect(try await log.member.nextChange() == nil)
        #expect(try await log.member.nextChange() == nil)
    }

    /// Records and the producers' numbers are there again after reopening.
    public func lastsBeyondReopening() async throws {
        let log = try await open()
        guard let reopen = log.reopen else { return }
        let samples = [Sample("a", by: "p", 3), Sample("b"), Sample("c", by: "q", 0)]
        _ = try await log.append(samples)
        await log.member.close()
        let again = try await reopen()
        #expect(try await again.member.nextChange() == .assigned([0]))
        #expect(try await again.readAll(on: clock).map(\.text) == ["a", "b", "c"])
        #expect(try await again.append([Sample("a", by: "p", 3)], alreadyThere: 1) == 3..<3)
        #expect(try await again.append([Sample("d", by: "p", 4)]) == 3..<4)
        #expect(try await again.readAll(from: 3, on: clock).map(\.text) == ["d"])
    }

    /// Appends, repeats and polls in any order give what a plain list gives.
    public func agreesWithAModel(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let log = try await open()
        var reader = try await log.member.reader(of: 0, from: 0)
        var model: [Sample] = []
        var highest: [String: Int] = [:]
        var position = 0
        for _ in 0..<60 {
            var batch: [Sample] = []
            for _ in 0..<random.below(6) {
                let producer = ["", "p", "q"][random.below(3)]
                let sequence = (highest[producer] ?? -1) + random.below(4) - 1
                let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
                batch.append(Sample(bytes: bytes, by: producer, sequence))
            }
            let before = model.count
            for var sample in batch {
                let isOfProducer = !sample.producer.isEmpty && sample.sequence >= 0
                guard !isOfProducer || sample.sequence > highest[sample.producer] ?? -1 else {
                    continue
                }
                if isOfProducer { highest[sample.producer] = sample.sequence }
                sample.offset = model.count
                model.append(sample)
            }
            let left = batch.count - (model.count - before)
            #expect(try await log.append(batch, alreadyThere: left) == before..<model.count)
            var chunk = Chunk<LogRecord>()
            let limit = ChunkLimit(elements: 1 + random.below(5))
            if position == model.count {
                #expect(try reader.poll(into: &chunk, limit: limit) == .nothing)
                continue
            }
            let pulled = try await reader.next(into: &chunk, limit: limit, on: clock)
            guard case .elements(let range) = pulled else {
                Issue.record("nothing came of offsets \(position) to \(model.count)")
                continue
            }
            #expect(range.lower == position)
            position = range.upper
            #expect(chunk.samples == Array(model[range.lower..<range.upper]))
        }
        #expect(try await log.readAll(on: clock) == model)
    }
}
