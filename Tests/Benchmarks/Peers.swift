import Foundation

/// The programs of others that do the same work, run in the same sitting.
struct Peers: Sendable {
    /// The folder with `run-limit.sh` and `run-tokio.sh`, or `nil`: figures stand alone then.
    let folder: String?

    /// What one variant of a peer's program needs.
    struct Result: Sendable {
        /// Elements a second.
        var rate: Double
        /// Nanoseconds of CPU time an element, on all cores: what a busy machine changes least.
        var cpu: Double?
    }

    /// Runs a peer and returns what each of its variants needs.
    ///
    /// A peer that is not there or fails has no variants, and says so on standard error.
    func results(_ script: String, _ work: String, only: String) -> [String: Result] {
        guard let folder else { return [:] }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["bash", "\(folder)/\(script)", work]
        process.environment = ProcessInfo.processInfo.environment.merging(["ONLY": only]) { $1 }
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            report("\(folder)/\(script) does not run: \(error)")
            return [:]
        }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        var results: [String: Result] = [:]
        var cpu: Double?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if let place = words.firstIndex(of: "cpu_ns_per_event"), place + 1 < words.count {
                cpu = Double(words[place + 1].drop { $0 != "=" }.dropFirst())
            } else if words.count == 7, words[0] != "#", let rate = Double(words[3]) {
                results[String(words[2])] = Result(rate: rate, cpu: cpu)
                cpu = nil
            }
        }
        if results.isEmpty { report("\(script) \(work) gave no figures") }
        return results
    }
}

/// Says something that is no figure.
func report(_ text: String) {
    FileHandle.standardError.write(Data("benchmarks: \(text)\n".utf8))
}
