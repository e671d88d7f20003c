import CommandLineInterface
import Glibc
import LedgerGraph
import Settings
import StreamsEmbedded

/// What `ingest` and `run` read from the environment and from the file of `--config`.
///
/// One file serves both, so both read all of it. What the command line says goes before.
struct CaracalSettings {
    /// When the index is filled.
    enum IndexMode: String, CaseIterable { case follow, deferred }

    /// How the rows of a file are read.
    enum InputFormat: String, CaseIterable {
        case auto
        case trace = "llm-trace"
        case ndjson
    }

    static let batchCounts = 1...100_000
    /// In bytes.
    static let batchSizes = 1_024...(64 << 20)
    static let batchWaits = Duration.zero ... .seconds(60)
    static let laneCounts = 1...64
    /// In bytes.
    static let memorySizes = (16 << 20)...(64 << 30)
    static let agentCounts = 1...100_000

    let format: InputFormat
    let agents: Int
    let pricebook: String?
    var batchCount: Int
    /// In bytes.
    var batchBytes: Int
    var batchWait: Duration
    var lanes: Int
    /// In bytes.
    var memory: Int
    var index: IndexMode

    /// Reads `format` (auto), `agents` (16), `pricebook` (none: the built-in one), `batch.count`
    /// (8192), `batch.bytes` (8 MiB), `batch.wait` (5 ms), `lanes` (one a processor), `memory`
    /// (64 MiB) and `index` (follow); not valid before `reader` has finished.
    init(_ reader: inout SettingsReader) {
        format = reader.choice("format", default: .auto)
        agents = reader.int("agents", in: Self.agentCounts, default: 16)
        pricebook = reader.text("pricebook")
        batchCount = reader.int("batch.count", in: Self.batchCounts, default: 8_192)
        batchBytes = reader.byteCount("batch.bytes", in: Self.batchSizes, default: 8 << 20)
        batchWait = reader.duration(
            "batch.wait",
            in: Self.batchWaits,
            default: .milliseconds(5)
        )
        lanes = reader.int("lanes", in: Self.laneCounts, default: Self.processors)
        memory = reader.byteCount("memory", in: Self.memorySizes, default: 64 << 20)
        index = reader.choice("index", default: .follow)
    }

    /// How the ledger's graph is cut and bounded.
    var pipeline: LedgerPipeline.Options {
        LedgerPipeline.Options(
            lanes: lanes,
            batchCount: batchCount,
            batchBytes: batchBytes,
            batchWait: batchWait,
            memory: memory
        )
    }

    /// Reads the environment, and the file at `path` if there is one.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/badSettings`` and a line for each problem.
    static func read(file path: String?) throws(CommandError) -> Self {
        var sources = [SettingsSource.environment(variables(), prefix: "CARACAL_")]
        if let path {
            let contents: [UInt8]
            do {
                contents = try Folder.contents(of: path, limit: 1 << 20)
            } catch {
                if case .tooLarge = error.kind {
                    throw CommandError("\(error)", exitCode: .badSettings)
                }
                throw CommandError(reading: error)
            }
            sources.append(.file(String(decoding: contents, as: UTF8.self), path: path))
        }
        var reader = SettingsReader(sources)
        let settings = Self(&reader)
        do {
            try reader.finish()
        } catch {
            throw CommandError("bad settings\n\(error)", exitCode: .badSettings)
        }
        return settings
    }

    /// The number of processors that are at work, within the bounds for lanes.
    private static var processors: Int {
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return min(max(count, laneCounts.lowerBound), 8)
    }

    /// The variables that settings may come from; the rest of the environment is not read.
    private static func variables() -> [String: String] {
        let names = [
            "FORMAT", "AGENTS", "PRICEBOOK", "BATCH_COUNT", "BATCH_BYTES", "BATCH_WAIT", "LANES",
            "MEMORY", "INDEX",
        ]
        return names.reduce(into: [:]) { variables, name in
            let name = "CARACAL_\(name)"
            if let text = unsafe getenv(name) { variables[name] = unsafe String(cString: text) }
        }
    }
}
