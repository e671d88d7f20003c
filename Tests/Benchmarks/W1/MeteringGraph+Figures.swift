import Streams

extension MeteringGraph {
    static let checksumOfText = "d9853d14a83b8925"

    static func figures(_ peers: Peers) async throws -> [Figure] {
        let corpus = Corpus(count: 1_000_000)
        let limit = peers.results("run-limit.sh", "W1", only: "^(fused|two)@")
        let tokio = peers.results("run-tokio.sh", "W1", only: "^(fused|chunk-lanes)@")
        let fused = try await time(.fused, of: corpus)
        let declared = try await time(.declared, of: corpus)
        return [
            rate("w1.fused.1c", fused, "limit on one core", limit["fused@1c"], 0.85),
            cpu("w1.fused.cpu", fused, "limit on one core", limit["fused@1c"], 0.85),
            rate("w1.fused.1c.tokio", fused, "tokio on one core", tokio["fused@1c"], 1),
            rate("w1.declared.2c", declared, "limit on two cores", limit["two@2c"], 0.85),
            cpu("w1.declared.cpu", declared, "limit on two cores", limit["two@2c"], 0.85),
            rate("w1.declared.2c.tokio", declared, "tokio on two", tokio["chunk-lanes@2c"], 1),
        ]
    }

    /// Events a second.
    private static func rate(
        _ name: String,
        _ timing: Timing,
        _ peer: String,
        _ result: Peers.Result?,
        _ goal: Double
    ) -> Figure {
        Figure(
            name: name,
            value: 1 / timing.median,
            unit: "events/s",
            better: .more,
            reference: result.map { Figure.Reference(name: peer, value: $0.rate) },
            goal: result == nil ? nil : goal
        )
    }

    /// Nanoseconds of CPU time an event, on all cores.
    private static func cpu(
        _ name: String,
        _ timing: Timing,
        _ peer: String,
        _ result: Peers.Result?,
        _ goal: Double
    ) -> Figure {
        let reference = result?.cpu.map { Figure.Reference(name: peer, value: $0) }
        return Figure(
            name: name,
            value: timing.medianCPU * 1e9,
            unit: "ns/event",
            better: .less,
            reference: reference,
            goal: reference == nil ? nil : goal
        )
    }

    /// Seconds an event.
    private static func time(_ mode: ExecutionMode, of corpus: Corpus) async throws -> Timing {
        let timing = try await measure {
            let total = MeteringTotal()
            try await MeteringGraph(corpus: corpus, total: total).blueprint
                .run(mode, on: .measured(chunk: 512))
            guard checksum(total.text) == checksumOfText else {
                throw WrongChecksum(text: total.text)
            }
        }
        return timing.divided(by: Double(corpus.count))
    }
}
