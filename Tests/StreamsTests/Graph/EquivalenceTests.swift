import Streams
import StreamsTesting
import Testing

/// One graph with every operator, whose outputs do not depend on where its tasks begin.
struct EverythingGraph {
    let letters = Ledger<DeadLetter<Multiple>>()
    let commitments = Ledger<Int>()
    let batches = Ledger<Batch<Int>>()
    let merged = Ledger<Int>()

    var blueprint: Blueprint {
        Blueprint("everything") { graph in
            let both = graph.source("numbers") { Numbers(500) }
                .parallel("section", lanes: 3, window: Window(chunk: 8, chunks: 4)) { lane in
                    lane.map("double") { $0 * 2 }
                        .decode("not ten", notTen)
                        .deadLetter("dead", to: letters.writer)
                        .filter("not four") { $0 % 4 != 0 || $0 < 400 }
                }
                .map("halve") { $0 / 2 }
                .broadcast("both")

            both.first
                .partition("by remainder", lanes: 3) { UInt32($0 % 7) }
                .boundary(Window(chunk: 4, chunks: 2))
                .stage("count") { _ in Counting() }
                .sequenced("in order") { $0.number }
                .batch("sevens", BatchLimits(count: 7))
                .merkleCommit("commit") { _ in RunningSum() }
                .sink("commitments", commitments.writer)

            let more = graph.source("more") { Numbers(40) }.map("negative") { -1 - $0 }
            both.second
                .flatMap("twice") { number, output in output += [number, number] }
                .merge("merge", with: more)
                .sink("merged", merged.writer)
        }
    }

    /// Everything that came out, in an order of its own where the graph promises none.
    var output: String {
        """
        \(commitments.elements) \(commitments.lineage(0)?.ranges ?? []) \
        \(letters.elements.map { "\($0.stage) \($0.input)" }.sorted()) \
        \(merged.elements.filter { $0 >= 0 }) \(merged.elements.filter { $0 < 0 })
        """
    }

    static func run(_ mode: ExecutionMode, on runtime: Runtime) async throws -> String {
        let graph = EverythingGraph()
        try await graph.blueprint.run(mode, on: runtime)
        return graph.output
    }
}

@Suite struct EquivalenceTests {
    static let parallel = ExecutionMode.parallel(Window(chunk: 3, chunks: 3))

    @Test func fusedAndParallelGiveTheSame() async throws {
        let fused = try await EverythingGraph.run(.fused, on: .live)
        #expect(try await EverythingGraph.run(.declared, on: .live) == fused)
        for _ in 0..<30 {
            #expect(try await EverythingGraph.run(Self.parallel, on: .live) == fused)
        }
        #expect(fused.contains("partition: 0, lower: 0, upper: 500"))
    }

    /// Four hundred schedules of the whole graph on one thread, none with another output.
    @Test(arguments: 0..<20)
    func everyScheduleGivesTheSame(shard: UInt64) async throws {
        let fused = try await EverythingGraph.run(.fused, on: .live)
        for seed in shard * 20..<(shard + 1) * 20 {
            let simulation = Simulation(seed: seed)
            let runtime = Runtime(simulation)
            let run = simulation.spawn { try await EverythingGraph.run(Self.parallel, on: runtime) }
            simulation.advance(by: .seconds(1))
            #expect(try await run.value == fused, "seed \(seed)")
        }
    }
}
