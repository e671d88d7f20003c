import Foundation
import LedgerGraph
import LedgersEmbedded
import Merkle

/// A run of the ledger, or of the loop beside it, in a process of its own, whose memory is its own.
struct LedgerChild {
    /// What a run has cost.
    struct Cost {
        let seconds: Double
        let cpuSeconds: Double
        /// The most memory that was resident, in bytes.
        let peak: Double
        /// Shows what was done.
        let root: String
    }

    /// The first argument of a process that is such a run.
    static let word = "--child"

    /// Runs `kind` in a process over `folder`, which has events.
    static func run(_ kind: String, _ folder: LedgerFolder, batchCount: Int) throws -> Cost {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [word, kind, folder.path, String(batchCount)]
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard process.terminationStatus == 0, words.count == 4, let seconds = Double(words[0]),
            let cpu = Double(words[1]), let peak = Double(words[2])
        else { throw WrongChecksum(text: "the process for '\(kind)' failed") }
        return Cost(seconds: seconds, cpuSeconds: cpu, peak: peak, root: String(words[3]))
    }

    /// Is such a run, and says what it has cost.
    static func main(_ words: [String]) async throws {
        guard words.count == 3, let batchCount = Int(words[2]) else { return }
        let folder = try LedgerFolder(words[1])
        if words[0] == "ledger" { try await folder.makeLedger() }
        let (cpu, wall) = (seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
        var root: String
        if words[0] == "ledger" {
            try await folder.run(LedgerPipeline.Options(batchCount: batchCount))
            root = ""
        } else {
            var loop = try HandLoop(folder, batchCount: batchCount)
            try loop.run()
            root = "\(loop.tree.root)"
        }
        let elapsed = seconds(CLOCK_MONOTONIC) - wall
        let used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu
        if root.isEmpty { root = "\(try EmbeddedLedgerReader(folder.ledger).head.root)" }
        print(elapsed, used, Memory.peak, root)
    }
}

/// The memory of this process.
enum Memory {
    /// The most that was resident, in bytes.
    static var peak: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        let words = line.split(whereSeparator: \.isWhitespace)
        return words.count > 1 ? (Int(words[1]) ?? 0) * 1_024 : 0
    }
}
