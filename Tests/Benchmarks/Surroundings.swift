import Foundation

/// Where a benchmark runs, and beside what.
struct Surroundings: Sendable {
    /// The folder of the peers, one folder each, or `nil`.
    let peersFolder: String?
    let peers: Peers
    /// The folder of the programs that show what the machine can do, or `nil`.
    let limits: String?
    /// The folder in which folders for files are made; they are removed afterwards.
    let scratch: String
    /// Whether figures that take minutes are measured too.
    let isLong: Bool
    /// Whether what is measured over millions of events is measured over fewer.
    let isQuick: Bool

    /// Lends a folder that is empty, and removes it afterwards.
    func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = "\(scratch)/caracal-benchmark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        do {
            let result = try await body(folder)
            try FileManager.default.removeItem(atPath: folder)
            return result
        } catch {
            // The error that is thrown says more than a folder that stays.
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }
}
