import Streams

extension HopWork {
    static let elements = 10_000_000
    static let checksumOfText = "f5f1e91e1fa45e88"

    /// Seconds an element.
    static func time(boundaries: Int, chunk: Int) async throws -> Timing {
        let window = Window(chunk: chunk, chunks: 65_536 / chunk)
        let timing = try await measure {
            let work = HopWork(count: elements, boundaries: boundaries, window: window)
            try await work.blueprint().run(.declared, on: .measured(chunk: chunk))
            guard checksum(work.text) == checksumOfText else {
                throw WrongChecksum(text: work.text)
            }
        }
        return timing.divided(by: Double(elements))
    }

    /// The time by the wall, and the CPU time of all cores.
    static func figures(_ boundaries: Int, _ chunk: Int, goal: Double?) async throws -> [Figure] {
        let kind = boundaries == 0 ? "fused" : "async\(boundaries)"
        let timing = try await time(boundaries: boundaries, chunk: chunk)
        func figure(_ name: String, _ seconds: Double, _ goal: Double?) -> Figure {
            Figure(
                name: name,
                value: seconds * 1e9,
                unit: "ns/element",
                better: .less,
                goal: goal
            )
        }
        let name = "w0.\(kind).\(chunk)"
        return [figure(name, timing.median, goal), figure("\(name).cpu", timing.medianCPU, nil)]
    }

    static func fusedFigures(_ peers: Peers) async throws -> [Figure] {
        try await figures(0, 4_096, goal: 4)
    }

    static func figures(_ peers: Peers) async throws -> [Figure] {
        var figures = try await figures(4, 4_096, goal: 12)
        figures += try await Self.figures(0, 256, goal: nil)
        figures += try await Self.figures(4, 256, goal: 25)
        figures.append(try await asyncStreamFigure())
        for (script, peer) in [("run-limit.sh", "limit"), ("run-tokio.sh", "tokio")] {
            let results = peers.results(script, "W0", only: "^(fused|chunk-fused|chunk-async4)@")
            for (variant, result) in results.sorted(by: { $0.key < $1.key }) {
                let name = "w0.\(peer).\(variant)"
                let values = [(name, 1e9 / result.rate), ("\(name).cpu", result.cpu ?? 0)]
                figures += values.map {
                    Figure(name: $0, value: $1, unit: "ns/element", better: .less)
                }
            }
        }
        return figures
    }

    /// What crosses one element at a time through the standard library's stream, task to task.
    static func asyncStreamFigure() async throws -> Figure {
        let count = 1_000_000
        let timing = try await measure(repetitions: 3) {
            let (stream, continuation) = AsyncStream<Int>.makeStream()
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask {
                    for number in 0..<count { continuation.yield(number) }
                    continuation.finish()
                }
                var sum = 0
                for await number in stream { sum &+= number }
                blackHole(sum)
            }
        }
        return Figure(
            name: "w0.asyncstream.1",
            value: timing.median * 1e9 / Double(count),
            unit: "ns/element",
            better: .less
        )
    }
}
