import Foundation

/// The programs of others that do the same work, run in the same sitting.
struct Peers: Sendable {
    /// The folder with `run-limit.sh` and `run-tokio.sh`, or `nil`: figures stand alone then.
    let folder: String?

    /// Runs a peer and returns its rate in elements a second for each of its variants.
    ///
    /// A peer that is not there or fails has no variants, and says so on standard error.
    func rates(_ script: String, _ work: String, only: String) -> [String: Double] {
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
        var rates: [String: Double] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 7, words[0] != "#", let rate = Double(words[3]) {
                rates[String(words[2])] = rate
            }
        }
        if rates.isEmpty { report("\(script) \(work) gave no figures") }
        return rates
    }
}

/// Says something that is no figure.
func report(_ text: String) {
    FileHandle.standardError.write(Data("benchmarks: \(text)\n".utf8))
}
