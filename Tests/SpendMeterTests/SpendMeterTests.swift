import Streams
import StreamsTesting
import Synchronization
import Testing

@testable import SpendMeter

@Suite struct SpendMeterTests {
    // MARK: One stage, by hand

    @Test func tellsOnceThatABudgetIsPassed() throws {
        let meter = StageHarness(stage: { Meter(budget: 100) })
        try meter.push(Call(agent: 1, row: 0, cost: 100))
        #expect(meter.output.isEmpty)
        try meter.push(Call(agent: 1, row: 1, cost: 1), Call(agent: 1, row: 2, cost: 1))
        #expect(meter.output == [.overBudget(agent: 1, row: 1, spent: 101)])
        try meter.finish()
        #expect(meter.output.last == .total(agent: 1, calls: 3, spent: 102))
    }

    @Test(
        arguments: [
            ("t,374,44", nil), ("t,374", .columns), ("t,374,44,1", .columns), ("", .columns),
            ("t,,44", .tokens), ("t,374,", .tokens), ("t,-1,44", .tokens),
            ("t,99999999999999999999,1", .tokens),
        ] as [(String, BadLine?)]
    )
    func refusesWhatIsNoCall(_ text: String, _ expected: BadLine?) throws {
        let refused = Mutex<[BadLine]>([])
        let decoder = StageHarness<Line, Call> { flow in
            flow.decodeWithBytes("decode") { line, bytes throws(BadLine) in try Call(line, bytes) }
                .deadLetter("refused") { _ in
                    Refusals { failure in refused.withLock { $0.append(failure) } }
                }
        }
        let bytes = Array(text.utf8)
        try decoder.push([Line(range: 0..<bytes.count, row: 0)], bytes: bytes)
        #expect(refused.withLock { $0 } == (expected.map { [$0] } ?? []))
        #expect(decoder.output == (expected == nil ? [Call(agent: 0, row: 0, cost: 1_782)] : []))
    }

    // MARK: The whole graph, in every order that tasks can run in

    @Test(arguments: UInt64(0)..<20)
    func everyAgentIsMeteredInFull(_ seed: UInt64) async {
        let lines = Mutex<[String]>([])
        let pipeline = SpendPipeline(budget: 1_000_000) { line in
            lines.withLock { $0.append(line) }
        }
        // 500 calls of 6,000 millionths of a dollar for each of five agents; one line is nonsense.
        let rows = (0..<2_500).map { $0 == 1_234 ? "nonsense" : "t,1000,200" }
        let trace = Array((["header"] + rows).joined(separator: "\r\n").utf8)
        let simulation = Simulation(seed: seed)
        let result = await simulation.run {
            let runtime = simulation.runtime(chunkLimit: ChunkLimit(elements: 64))
            try await pipeline.blueprint(of: trace).run(.declared, on: runtime)
        }
        #expect(result.isSuccess, "\(String(describing: result.error))")
        let expected = (0..<5).map { agent in
            let calls = agent == 1_234 % 5 ? 499 : 500
            let cents = calls * 6_000 / 10_000
            return "agent \(agent): \(calls) calls, \(cents / 100).\(cents % 100 < 10 ? "0" : "")"
                + "\(cents % 100) USD"
        }
        let written = lines.withLock { $0 }
        #expect(written.filter { $0.contains(" calls, ") }.sorted() == expected)
        #expect(written.filter { $0.contains("over budget") }.count == 5)
        #expect(
            written.filter { $0.contains("refused") } == ["refused by decode, columns: nonsense"]
        )
    }

    @Test func theGraphCanRunAndBeDrawn() {
        let blueprint = SpendPipeline(budget: 1, write: { _ in }).blueprint(of: [])
        #expect(blueprint.validate() == [])
        #expect(blueprint.mermaid().contains("==>|×2|"))
    }
}

/// Notes why lines were refused.
private struct Refusals: Sink {
    let note: @Sendable (BadLine) -> Void

    func write(_ chunk: Chunk<DeadLetter<BadLine>>) {
        for letter in chunk.elements { note(letter.failure) }
    }
}
