import Cryptography
import Foundation
import Streams

/// A group of figures that one name selects.
struct Benchmark: Sendable {
    let name: String
    let about: String
    /// Whether it runs only if it is named, or with `--long`.
    var isLong = false
    let run: @Sendable (Surroundings) async throws -> [Figure]
}

/// `benchmarks [NAME]… [--json] [--long] [--quick] [--peers DIR] [--limits DIR] [--dir DIR]`: measures, and holds against
/// limits and peers.
@main
enum Benchmarks {
    static let all = [
        Benchmark(name: "w0-fused", about: "an element, fused") {
            try await HopWork.fusedFigures($0.peers)
        },
        Benchmark(name: "w0", about: "an element and a hop") {
            try await HopWork.figures($0.peers)
        },
        Benchmark(name: "w1", about: "decode, partition, batch, Merkle") {
            try await MeteringGraph.figures($0.peers)
        },
        Benchmark(name: "codec", about: "reading and writing events", run: CodecWork.figures),
        Benchmark(name: "hash", about: "the hashes of a tree", run: HashWork.figures),
        // Before those that leave the disk busy with gigabytes.
        Benchmark(name: "latency", about: "a thousand events a second", run: LatencyWork.figures),
        Benchmark(name: "log", about: "the event log, durable", run: AppendWork.figures),
        Benchmark(name: "ledger", about: "from event log to signed tree", run: LedgerWork.figures),
        Benchmark(name: "verify", about: "index and full check", run: ReadingWork.figures),
        Benchmark(
            name: "writer",
            about: "Kafka to PostgreSQL, beside a writer by hand",
            isLong: true,
            run: WriterWork.figures
        ),
        Benchmark(
            name: "writer-shares",
            about: "what its parts cost, beside bare copies",
            isLong: true,
            run: SharesWork.figures
        ),
        Benchmark(
            name: "writer-latency",
            about: "from Kafka to a signed checkpoint, a hundred events a second",
            isLong: true,
            run: WriterLatencyWork.figures
        ),
        Benchmark(
            name: "writer-catch-up",
            about: "ten million events of backlog (--quick: four)",
            isLong: true,
            run: CatchUpWork.figures
        ),
        Benchmark(
            name: "writer-two",
            about: "two writers beside one",
            isLong: true,
            run: CatchUpWork.pairFigures
        ),
        Benchmark(
            name: "writer-limits",
            about: "beside the limit of the machine (--limits DIR)",
            isLong: true,
            run: LimitsWork.figures
        ),
    ]

    static func main() async {
        var words = Array(CommandLine.arguments.dropFirst())
        if words.first == LedgerChild.word {
            do {
                return try await LedgerChild.main(Array(words.dropFirst()))
            } catch {
                return fail("\(error)", code: 1)
            }
        }
        let isJSON = take("--json", from: &words)
        let isLong = take("--long", from: &words)
        let isQuick = take("--quick", from: &words)
        var folders: [String: String] = [:]
        for option in ["--peers", "--dir", "--limits"] {
            guard let place = words.firstIndex(of: option) else { continue }
            guard place + 1 < words.count else { return fail("\(option) needs a folder") }
            folders[option] = words[place + 1]
            words.removeSubrange(place...place + 1)
        }
        if words.contains("--help") { return help() }
        if let unknown = words.first(where: { word in !all.contains { $0.name == word } }) {
            return fail("unknown benchmark '\(unknown)'; see --help")
        }
        let surroundings = Surroundings(
            peersFolder: folders["--peers"],
            peers: Peers(folder: folders["--peers"].map { "\($0)/streams" }),
            limits: folders["--limits"],
            scratch: folders["--dir"] ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp",
            isLong: isLong,
            isQuick: isQuick
        )
        for benchmark in all
        where words.isEmpty ? isLong || !benchmark.isLong : words.contains(benchmark.name) {
            do {
                for figure in try await benchmark.run(surroundings) {
                    print(isJSON ? figure.json : figure.line)
                }
            } catch {
                return fail("\(benchmark.name): \(error)", code: 1)
            }
        }
    }

    /// Whether `word` stands among `words`, which lose it.
    private static func take(_ word: String, from words: inout [String]) -> Bool {
        let count = words.count
        words.removeAll { $0 == word }
        return words.count < count
    }

    private static func help() {
        print("Measure, each figure with its ratio to a limit or a peer of the same run.")
        print(
            "\nUsage: benchmarks [NAME]... [--json] [--long] [--quick] [--peers DIR] [--limits DIR] [--dir DIR]\n\nBenchmarks:"
        )
        for benchmark in all { print("  \(benchmark.name.padded(to: 16)) \(benchmark.about)") }
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
