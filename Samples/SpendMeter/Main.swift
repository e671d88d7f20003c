import CommandLineInterface
import Foundation
import Streams

/// The command line `spend-meter`.
@main
enum Main {
    private static let trace = Parameter<String>.argument(
        "trace",
        .path(),
        help: "A trace of calls: TIMESTAMP,ContextTokens,GeneratedTokens."
    ).optional(default: "the trace in Samples/Data")

    private static let budget = Parameter<Int>.option(
        "budget",
        .wholeNumber(in: 1...1_000_000),
        help: "Dollars that each agent may spend."
    ).defaulting(to: 15)

    private static let graph = Parameter<Bool>.flag(
        "graph",
        help: "Draw the pipeline in Mermaid, and run nothing."
    )

    static let command = Command(
        "spend-meter",
        about: """
            Meter what five agents spend on calls of language models.

            A sample of the framework: read Samples/README.md beside it.
            """,
        examples: [
            "spend-meter", "spend-meter --budget 10", "spend-meter --graph",
            "spend-meter Samples/Data/AzureLLMInferenceTrace_conv.csv",
        ],
        parameters: [trace, budget, graph],
        action: run
    )

    static func main() async {
        await command.runAndExit()
    }

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let pipeline = SpendPipeline(budget: try arguments[budget] * 1_000_000) { line in
            try console.output(line)
        }
        if try arguments[graph] {
            try console.output(pipeline.blueprint(of: []).mermaid())
            return .success
        }
        let path = try arguments[trace] ?? "Samples/Data/AzureLLMInferenceTrace_conv.csv"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("cannot read '\(path)'", exitCode: .noInput)
        }
        // Time, randomness and threads come from outside: in a test they are the simulation's.
        let runtime = Runtime(
            clock: GraphClock(ContinuousClock()),
            wallNow: { Int64(Date().timeIntervalSince1970) * 1_000_000_000 },
            random: { UInt64.random(in: .min ... .max) }
        )
        do {
            try await pipeline.blueprint(of: Array(data)).run(.declared, on: runtime)
        } catch {
            throw CommandError("\(error)", exitCode: .ioError)
        }
        return .success
    }
}
