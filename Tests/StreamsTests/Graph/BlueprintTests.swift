import Streams
import Testing

@Suite struct BlueprintTests {
    @Test func findsDroppedFlowsAndRepeatedNames() async throws {
        let line = #line
        let blueprint = Blueprint("dropped") { graph in
            let both = graph.source("numbers") { Numbers(1) }.broadcast("both")
            _ = both.first.map("more") { $0 + 1 }
            both.second.sink("more", Ledger<Int>().writer)
        }
        let mistakes = [
            "StreamsTests/BlueprintTests.swift:\(line + 3): the flow after map 'more' goes nowhere",
            "StreamsTests/BlueprintTests.swift:\(line + 4): 'more' is the name of another stage",
        ]
        #expect(blueprint.validate().map(\.description) == mistakes)
        await #expect(throws: GraphError.self) { try await blueprint.run(.fused, on: .live) }
    }

    @Test func findsExactlyOnceBehindBatchesThatCut() {
        let blueprint = Blueprint("cut") { graph in
            graph.source("numbers") { Numbers(1) }
                .batch("tens", BatchLimits(count: 10))
                .exactlyOnceSink("store", Ledger<Batch<Int>>().writer)
        }
        #expect(
            blueprint.validate().map(\.message) == [
                """
                exactly-once 'store' needs exact offsets, and batch 'tens' cuts chunks: \
                give its limits wholeChunks
                """
            ]
        )
    }

    @Test func rendersWhatWasDeclared() {
        let blueprint = Blueprint("lanes") { graph in
            graph.source("numbers") { Numbers(1) }
                .partition("lanes", lanes: 2) { UInt32($0) }
                .boundary(Window(chunk: 10, chunks: 4, bytes: 1_000))
                .map("more") { $0 + 1 }
                .sink("sink", Ledger<Int>().writer)
        }
        #expect(blueprint.validate().isEmpty)
        #expect(
            blueprint.describe() == """
                source numbers
                partition lanes ← numbers
                map more ×2 ← lanes
                sink sink ×2 ← more
                in flight: at most 80 elements, 2000 bytes
                """
        )
        #expect(
            blueprint.mermaid() == """
                flowchart LR
                    n0["source<br>numbers"]
                    n1["partition<br>lanes"]
                    n2["map<br>more"]
                    n3["sink<br>sink"]
                    n0 --> n1
                    n1 ==>|×2| n2
                    n2 -->|×2| n3
                """
        )
        #expect(
            blueprint.dot() == """
                digraph {
                    rankdir=LR
                    node [shape=box]
                    n0 [label="source\\nnumbers"]
                    n1 [label="partition\\nlanes"]
                    n2 [label="map\\nmore"]
                    n3 [label="sink\\nsink"]
                    n0 -> n1
                    n1 -> n2 [style=bold, label="×2"]
                    n2 -> n3 [label="×2"]
                }
                """
        )
        #expect(blueprint.stableHash == 6_450_260_164_476_539_313)
    }
}
