import Streams
import StreamsTesting
import Testing

@Suite struct StageHarnessTests {
    @Test func flushesOnElapsed() async throws {
        let clock = VirtualClock()
        let batch = try StageHarness(of: Int.self, clock: clock) { flow in
            flow.batch("batch", BatchLimits(count: 100, elapsed: .seconds(1)))
        }
        try batch.push(1, 2)
        #expect(try await clock.nextDeadline() == .seconds(1))
        #expect(batch.output.isEmpty)
        #expect(batch.acknowledged == 0)
        clock.advance(to: .milliseconds(999))
        #expect(batch.output.isEmpty)
        clock.advance(to: .seconds(1))
        #expect(batch.output.map(elements) == [[1, 2]])
        #expect(batch.lastFlush == .elapsed)
        #expect(batch.acknowledged == 2)
        #expect(clock.registeredDeadline == nil)
    }

    @Test func flushesOnCountAndForgetsTheDeadline() throws {
        let clock = VirtualClock()
        let batch = try StageHarness(of: Int.self, clock: clock) { flow in
            flow.batch("batch", BatchLimits(count: 2, elapsed: .seconds(1)))
        }
        try batch.push(1)
        #expect(clock.registeredDeadline == .seconds(1))
        try batch.push(2)
        #expect(batch.lastFlush == .count)
        #expect(clock.registeredDeadline == nil)
        try batch.push(3)
        try batch.finish()
        #expect(batch.output.map(elements) == [[1, 2], [3]])
        #expect(batch.lastFlush == .end)
    }

    @Test func countsTimeFromWhenItWasMade() throws {
        let clock = VirtualClock()
        clock.advance(to: .seconds(60))
        let batch = try StageHarness(of: Int.self, clock: clock) { flow in
            flow.batch("batch", BatchLimits(elapsed: .seconds(1)))
        }
        clock.advance(to: .seconds(70))
        try batch.push(1)
        #expect(clock.registeredDeadline == .seconds(71))
        clock.advance(by: .seconds(1))
        #expect(batch.lastFlush == .elapsed)
    }

    @Test func aStageKeepsItsStateFromPushToPush() throws {
        let stage = try StageHarness(RunningTotal())
        try stage.push(1, 2)
        try stage.push(3)
        #expect(stage.output == [1, 3, 6])
        #expect(stage.acknowledged == 3)
        try stage.finish()
        #expect(stage.output == [1, 3, 6, -6])
        #expect(stage.lastFlush == nil)
    }

    @Test func whatAStageThrowsNamesIt() throws {
        let stage = try StageHarness(RunningTotal())
        #expect {
            try stage.push(-1)
        } throws: { error in
            guard case GraphError.stage(let name, let underlying) = error else { return false }
            return name == "stage" && underlying is Negative
        }
    }

    @Test func showsWhatADecoderRefusesWithItsBytes() throws {
        let decoder = try StageHarness(of: LogBytes.self) { flow in
            flow.decodeWithBytes("decode") { element, bytes throws(Negative) in
                let byte = bytes[element.range.lowerBound]
                if byte == 0 { throw Negative() }
                return Int(byte)
            }
        }
        let elements = [LogBytes(range: 0..<1), LogBytes(range: 1..<2), LogBytes(range: 2..<3)]
        try decoder.push(all: elements, bytes: [7, 0, 9])
        #expect(decoder.output == [7, 9])
        #expect(decoder.rejections.map(\.bytes) == [[0]])
        #expect(decoder.rejections.map(\.stage) == ["decode"])
        #expect(decoder.acknowledged == 3)
        #expect(decoder.chunks.map(\.bytes) == [[7, 0, 9]])
    }

    @Test func refusesASectionThatCannotRun() {
        #expect(throws: GraphError.self) {
            _ = try StageHarness(of: Int.self) { flow in
                flow.map("same") { $0 + 1 }.map("same") { $0 + 1 }
            }
        }
    }

    @Test func runsLanesInOrder() throws {
        let section = try StageHarness(of: Int.self) { flow in
            flow.partition("spread", lanes: 3) { UInt32($0) }
                .boundary()
                .stage("total") { _ in RunningTotal() }
                .merged("gather")
        }
        try section.push(0, 1, 2, 3, 4, 5)
        #expect(section.output == [0, 3, 1, 5, 2, 7])
        #expect(section.acknowledged == 6)
    }

    private func elements(_ batch: Batch<Int>) -> [Int] {
        batch.parts.flatMap(\.elements)
    }
}

private struct LogBytes: ArenaElement {
    let range: Range<Int>
}

private struct Negative: Error {}

/// The sum of everything so far; at the end, its opposite.
private struct RunningTotal: Stage {
    private var total = 0

    mutating func process(
        _ input: Span<Int>,
        _ bytes: Span<UInt8>,
        into output: inout [Int]
    ) throws {
        for index in input.indices {
            if input[index] < 0 { throw Negative() }
            total += input[index]
            output.append(total)
        }
    }

    func finish(into output: inout [Int]) {
        output.append(-total)
    }
}
