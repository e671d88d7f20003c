import Streams

/// The graph, as a value: this program runs it, `--graph` draws it, and the test simulates it.
struct SpendPipeline: Sendable {
    /// Millionths of a dollar that each agent may spend.
    let budget: Int
    /// Takes a line for people.
    let write: @Sendable (String) throws -> Void

    func blueprint(of trace: [UInt8]) -> Blueprint {
        Blueprint("spend") { graph in
            graph.source("trace") { TraceLines(trace) }
                // From here on the flow's type says that it can fail with a BadLine. Leave out
                // .deadLetter and the flow cannot reach the sink: that does not compile.
                .decodeWithBytes("decode") { line, bytes throws(BadLine) in
                    try Call(line, bytes)
                }
                .deadLetter("refused") { _ in Refused(write: write) }
                // All calls of an agent go the same way, in their order: OrderPerLane, says the type.
                .partition("by agent", lanes: 2) { $0.agent }
                // Each lane becomes a task. The edge holds a bounded number of calls: a lane that
                // is slow makes the source wait. Without the boundary it all runs in one task,
                // which is faster if the work is small; what comes out is the same.
                .boundary()
                .stage("meter") { _ in Meter(budget: budget) }
                // Reports of two lanes, as they come: NoOrder. From here on neither .merkleCommit nor
                // .exactlyOnceSink compiles; .sequenced would put them back into one order.
                .merged("reports")
                // Whatever comes first; the time is the runtime's, so a test can move it.
                .batch("page", BatchLimits(count: 4, elapsed: .seconds(1)))
                .sink("print") { _ in Printer(write: write) }
        }
    }
}

/// Writes down which lines were refused, and why.
private struct Refused: Sink {
    let write: @Sendable (String) throws -> Void

    func write(_ chunk: Chunk<DeadLetter<BadLine>>) throws {
        for letter in chunk.elements {
            let text = String(decoding: letter.bytes, as: UTF8.self)
            try write("refused by \(letter.stage), \(letter.failure): \(text)")
        }
    }
}

/// Writes reports; when a write returns, the chunk's offsets are done.
private struct Printer: Sink {
    let write: @Sendable (String) throws -> Void

    func write(_ chunk: Chunk<Batch<Report>>) throws {
        for batch in chunk.elements {
            for part in batch.parts {
                for report in part.elements { try write(report.text) }
            }
        }
    }
}
