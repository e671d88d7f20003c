import Streams
import StreamsTesting
import Testing

@Suite struct StageHarnessTests {
    private struct Odd: Error {}

    /// Adds up pairs, and refuses odd numbers.
    private struct Pairs: Stage {
        var held: Int?

        mutating func process(
            _ input: Span<Int>,
            _ bytes: Span<UInt8>,
            into output: inout [Int]
        ) throws {
            for index in input.indices {
                guard input[index].isMultiple(of: 2) else { throw Odd() }
                if let first = held {
                    output.append(first + input[index])
                    held = nil
                } else {
                    held = input[index]
                }
            }
        }

        mutating func finish(into output: inout [Int]) {
            if let held { output.append(held) }
        }
    }

    @Test func aStageHasDoneAllItCanWhenPushReturns() throws {
        let pairs = StageHarness<Int, Int>(stage: { Pairs() })
        try pairs.push(2, 4, 6)
        #expect(pairs.output == [6])
        try pairs.push(10)
        #expect(pairs.output == [6, 16])
        #expect(pairs.doneCount == 4)
        try pairs.push(8)
        try pairs.finish()
        #expect(pairs.output == [6, 16, 8])
        #expect(pairs.deadline == nil)
    }

    @Test func whatAStageThrowsIsThrownByPush() throws {
        let pairs = StageHarness<Int, Int>(stage: { Pairs() })
        try pairs.push(2)
        #expect {
            try pairs.push(3)
        } throws: { error in
            guard case GraphError.stage(name: "stage", let underlying) = error else { return false }
            return underlying is Odd
        }
        #expect(throws: (any Error).self) { try pairs.finish() }
    }

    @Test func aBatchClosesAtItsDeadline() async throws {
        let clock = VirtualClock()
        let batch = StageHarness<Int, Batch<Int>>(
            batch: BatchLimits(count: 100, elapsed: .seconds(1)),
            clock: clock
        )
        clock.advance(to: .milliseconds(500))
        try batch.push(1, 2)
        #expect(try await clock.nextDeadline() == .milliseconds(1_500))
        #expect(batch.output.isEmpty)
        clock.advance(to: .milliseconds(1_499))
        #expect(batch.output.isEmpty)
        clock.advance(to: .milliseconds(1_500))
        #expect(batch.batches == [[1, 2]])
        #expect(batch.lastFlush == .elapsed)
        #expect(batch.doneCount == 2)
    }

    /// What comes in a stream is worth waiting for; what comes now and then is not.
    @Test func aBatchThatFillsFastWaitsForLonger() throws {
        let clock = VirtualClock()
        let batch = StageHarness<Int, Batch<Int>>(
            batch: BatchLimits(
                count: 128,
                elapsed: .milliseconds(20),
                elapsedWhenBusy: .milliseconds(200)
            ),
            clock: clock
        )
        try batch.push(1)
        clock.advance(by: .milliseconds(20))
        #expect(batch.batches == [[1]])
        for number in 0..<64 { try batch.push(number) }
        clock.advance(by: .milliseconds(199))
        #expect(batch.batches == [[1]])
        try batch.push(64)
        clock.advance(by: .milliseconds(1))
        #expect(batch.batches == [[1], Array(0...64)])
        #expect(batch.lastFlush == .elapsed)
        // Even if it is much of a small batch, a handful is not a stream.
        for number in 0..<63 { try batch.push(number) }
        clock.advance(by: .milliseconds(20))
        #expect(batch.batches.count == 3)
    }

    @Test func aBatchClosesAtItsCountAndAtTheEnd() throws {
        let batch = StageHarness<Int, Batch<Int>>(batch: BatchLimits(count: 3))
        try batch.push(1, 2, 3, 4)
        #expect(batch.batches == [[1, 2, 3]])
        #expect(batch.lastFlush == .count)
        try batch.finish()
        #expect(batch.batches == [[1, 2, 3], [4]])
        #expect(batch.lastFlush == .end)
    }

    @Test func aSectionIsSeveralOperators() throws {
        let section = StageHarness<Int, Int>(section: { flow in
            flow.filter("even") { $0.isMultiple(of: 2) }.map("double") { $0 * 2 }
        })
        try section.push(1, 2, 3, 4)
        #expect(section.output == [4, 8])
        #expect(section.doneCount == 4)
    }

    @Test func oneClockServesTwoHarnesses() throws {
        let clock = VirtualClock()
        let limits = BatchLimits(elapsed: .seconds(1))
        let first = StageHarness<Int, Batch<Int>>(batch: limits, clock: clock)
        let second = StageHarness<Int, Batch<Int>>(batch: limits, clock: clock)
        try first.push(1)
        clock.advance(by: .milliseconds(500))
        try second.push(2)
        clock.advance(by: .milliseconds(500))
        #expect(first.batches == [[1]])
        #expect(second.batches.isEmpty)
        clock.advance(by: .milliseconds(500))
        #expect(second.batches == [[2]])
    }
}
