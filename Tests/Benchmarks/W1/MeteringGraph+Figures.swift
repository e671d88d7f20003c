import Glibc
import Streams

extension MeteringGraph {
    static let checksumOfText = "d9853d14a83b8925"

    static func figures(_ peers: Peers) async throws -> [Figure] {
        let corpus = Corpus(count: 1_000_000)
        let limit = peers.rates("run-limit.sh", "W1", only: "^(fused|two)@")
        let tokio = peers.rates("run-tokio.sh", "W1", only: "^(fused|chunk-lanes)@")
        let fused = try await rate(.fused, of: corpus)
        let declared = try await rate(.declared, of: corpus)
        func figure(
            _ name: String,
            _ value: Double,
            _ peer: String,
            _ rate: Double?,
            _ goal: Double
        )
            -> Figure
        {
            Figure(
                name: name,
                value: value,
                unit: "events/s",
                better: .more,
                reference: rate.map { Figure.Reference(name: peer, value: $0) },
                goal: rate == nil ? nil : goal
            )
        }
        return [
            figure("w1.fused.1c", fused, "limit on one core", limit["fused@1c"], 0.85),
            figure("w1.fused.1c.tokio", fused, "tokio on one core", tokio["fused@1c"], 1),
            figure("w1.declared.2c", declared, "limit on two cores", limit["two@2c"], 0.85),
            figure("w1.declared.2c.tokio", declared, "tokio on two", tokio["chunk-lanes@2c"], 1),
        ]
    }

    /// Events a second.
    static func rate(_ mode: ExecutionMode, of corpus: Corpus) async throws -> Double {
        let timing = try await measure {
            let total = MeteringTotal()
            try await MeteringGraph(corpus: corpus, total: total).blueprint
                .run(mode, on: .measured(chunk: 512, block: 64))
            guard checksum(total.text) == checksumOfText else {
                throw WrongChecksum(text: total.text)
            }
        }
        return Double(corpus.count) / timing.median
    }
}
