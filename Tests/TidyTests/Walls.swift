/// Which target may import which: the table that design and code have to agree on.
enum Walls {
    /// The modules of this package, lowest layer first; a module imports only from lower layers.
    static let layers: [Set<String>] = [
        [
            "COpenSSL", "CSQLite", "CLibrdkafka", "CLibpq", "CLinux", "CSHA256", "CChecksums",
            "Cryptography",
        ],
        ["Events", "Merkle", "Checkpoints"],
        [
            "Streams", "StreamsTesting", "Ledgers", "Telemetry", "Settings",
            "CommandLineInterface",
        ],
        [
            "StreamsEmbedded", "LedgersEmbedded", "StreamsKafka", "StreamsPostgres",
            "LedgersPostgres", "HTTPServing",
        ],
        ["Assembly"],
        ["LedgerGraph", "caracal", "ledger-writer", "seeds", "benchmarks"],
    ]

    /// The executables: the rim, where Foundation may stand.
    static let executables: Set<String> = ["caracal", "ledger-writer", "seeds", "benchmarks"]

    /// Imports within a layer.
    static let neighbours: [String: Set<String>] = [
        "Cryptography": ["COpenSSL", "CSHA256"],
        "Checkpoints": ["Merkle"],
        "StreamsTesting": ["Streams"],
        "Ledgers": ["Streams"],
        // Its segment files.
        "LedgersEmbedded": ["StreamsEmbedded"],
        // Its connection.
        "LedgersPostgres": ["StreamsPostgres"],
        // The graph that executables run.
        "ledger-writer": ["LedgerGraph"],
        "caracal": ["LedgerGraph"],
        "seeds": ["LedgerGraph"],
        "benchmarks": ["LedgerGraph"],
    ]

    /// The C modules, each with the targets that may import it.
    static let cModules: [String: Set<String>] = [
        "COpenSSL": ["Cryptography"],
        "CSHA256": ["Cryptography"],
        "CSQLite": ["LedgersEmbedded"],
        "CChecksums": ["StreamsEmbedded", "LedgersEmbedded"],
        "CLibrdkafka": ["StreamsKafka"],
        "CLibpq": ["StreamsPostgres"],
        "CLinux": [
            "StreamsEmbedded", "StreamsKafka", "StreamsPostgres", "HTTPServing", "caracal",
            "ledger-writer",
        ],
    ]

    /// The most files of a target that import one C module: its owner types, no more.
    static let filesPerCModule = 6

    /// Modules of the toolchain that every target may import; of the rest, see ``problems(of:)``.
    static let everywhere: Set<String> = ["Swift", "Synchronization"]

    /// Files outside adapters, assembly and executables that may import Glibc, and why.
    static let glibcExceptions = [
        "Sources/CommandLineInterface/ProcessConsole.swift":
            "the one place below the executables that knows a process: its two outputs, its end"
    ]

    /// Files outside executors and executables that may import Dispatch, and why.
    static let dispatchExceptions = [
        "Sources/Assembly/Shutdown.swift": "signals of the process come on a queue",
        "Sources/StreamsTesting/Simulation.swift": "a watchdog in real time",
        "Sources/StreamsTesting/SimulationCore.swift": "the one queue that simulated jobs run on",
        "Sources/StreamsTesting/SimulationCore+Loop.swift": "waits for jobs that have escaped",
    ]

    /// The imports of `file` that cross a wall.
    static func problems(of file: SourceFile) -> [String] {
        guard let layer = layers.firstIndex(where: { $0.contains(file.module) }) else {
            return ["\(file.path): '\(file.module)' is in no layer of Walls.layers"]
        }
        return file.imports.compactMap { line, access, module in
            let place = "\(file.path):\(line):"
            if let reason = toolchainProblem(importing: module, in: file, layer: layer) {
                return reason.isEmpty ? nil : "\(place) \(reason)"
            }
            guard let other = layers.firstIndex(where: { $0.contains(module) }) else {
                return "\(place) '\(module)' is neither ours nor the toolchain's"
            }
            if let owners = cModules[module] {
                if !owners.contains(file.module) {
                    return "\(place) '\(module)' belongs to \(owners.sorted())"
                }
                return access == ["private"] ? nil : "\(place) write 'private import \(module)'"
            }
            if other < layer || neighbours[file.module]?.contains(module) == true { return nil }
            return "\(place) layer \(layer) may not import '\(module)' of layer \(other)"
        }
    }

    /// `nil` if `module` is not the toolchain's, the empty text if the import is allowed.
    private static func toolchainProblem(
        importing module: String,
        in file: SourceFile,
        layer: Int
    ) -> String? {
        switch module {
        case "Synchronization" where layer == 1: "a pure layer has no lock"
        case _ where everywhere.contains(module): ""
        case "Foundation", "FoundationEssentials":
            executables.contains(file.module)
                ? "" : "Foundation stands only in executables and tests"
        case "Glibc":
            [3, 4].contains(layer) || executables.contains(file.module)
                || glibcExceptions[file.path] != nil
                ? "" : "Glibc stands only in adapters and executables"
        case "Dispatch":
            file.name.hasSuffix("Executor.swift") || executables.contains(file.module)
                || dispatchExceptions[file.path] != nil
                ? "" : "Dispatch stands only in executors"
        case "Testing", "XCTest": "no test framework outside tests"
        default: nil
        }
    }
}
