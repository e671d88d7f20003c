import Cryptography
import Foundation
import Streams

/// A group of figures that one name selects.
struct Benchmark: Sendable {
    let name: String
    let about: String
    let run: @Sendable (Peers) async throws -> [Figure]
}

/// `benchmarks [NAME]… [--json] [--peers DIR]`: measures, and holds against limits and peers.
@main
enum Benchmarks {
    static let all = [
        Benchmark(name: "w0-fused", about: "an element, fused", run: HopWork.fusedFigures),
        Benchmark(name: "w0", about: "an element and a hop", run: HopWork.figures),
        Benchmark(
            name: "w1",
            about: "decode, partition, batch, Merkle",
            run: MeteringGraph.figures
        ),
    ]

    static func main() async {
        var words = Array(CommandLine.arguments.dropFirst())
        let isJSON = words.contains("--json")
        words.removeAll { $0 == "--json" }
        var folder: String?
        if let place = words.firstIndex(of: "--peers") {
            guard place + 1 < words.count else { return fail("--peers needs a folder") }
            folder = words[place + 1]
            words.removeSubrange(place...place + 1)
        }
        if words.contains("--help") { return help() }
        if let unknown = words.first(where: { word in !all.contains { $0.name == word } }) {
            return fail("unknown benchmark '\(unknown)'; see --help")
        }
        let peers = Peers(folder: folder.map { "\($0)/streams" })
        for benchmark in all where words.isEmpty || words.contains(benchmark.name) {
            do {
                for figure in try await benchmark.run(peers) {
                    print(isJSON ? figure.json : figure.line)
                }
            } catch {
                return fail("\(benchmark.name): \(error)", code: 1)
            }
        }
    }

    private static func help() {
        print("Measure, each figure with its ratio to a limit or a peer of the same run.")
        print("\nUsage: benchmarks [NAME]... [--json] [--peers DIR]\n\nBenchmarks:")
        for benchmark in all { print("  \(benchmark.name.padded(to: 12)) \(benchmark.about)") }
    }

    private static func fail(_ text: String, code: Int32 = 64) {
        report(text)
        exit(code)
    }
}

extension Runtime {
    /// The system's clock and the default pool.
    static func measured(chunk: Int, bytes: Int = 1 << 20, block: Int = .max) -> Runtime {
        Runtime(
            clock: GraphClock(ContinuousClock()),
            wallNow: { 0 },
            random: { 0 },
            chunkLimit: ChunkLimit(elements: chunk, bytes: bytes),
            blockLimit: block
        )
    }
}

/// What shows that work was done: the first eight bytes of the digest of its text, in hexadecimal.
func checksum(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return String(SHA256.digest(of: bytes.span).description.prefix(16))
}

/// Thrown when a program did other work than it was to do.
struct WrongChecksum: Error {
    let text: String
}
