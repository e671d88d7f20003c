import Foundation
import Testing

/// What a running `ledger-writer` tells about itself.
extension RunningProgram {
    /// The port of metrics and health, once the writer is ready.
    func metricsPort(within seconds: Double = 30) async throws -> Int {
        let end = Date(timeIntervalSinceNow: seconds)
        while true {
            let errors = errorBytes
            if let place = errors.range(of: Data("ready metrics=".utf8)) {
                let digits = errors[place.upperBound...].prefix { 48...57 ~= $0 }
                if let port = Int(String(decoding: digits, as: UTF8.self)) { return port }
            }
            try #require(
                process.isRunning && Date.now < end,
                "not ready: \(self.errors.suffix(2_000))"
            )
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The value of a metric that is written so, labels and all; `nil` if there is none.
    func metric(_ name: String, at port: Int) async throws -> Double? {
        let text = try await fetch("/metrics", at: port)
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// The status in the answer of health: `ready`, `degraded`, `not ready`, `failed`.
    func health(at port: Int) async throws -> (status: String, text: String) {
        let text = try await fetch("/health", at: port)
        let match = text.firstMatch(of: /"status":"([^"]*)"/)
        return (match.map { String($0.1) } ?? "", text)
    }

    func fetch(_ path: String, at port: Int) async throws -> String {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { return "" }
        let curl = Process()
        let output = Pipe()
        curl.executableURL = URL(filePath: "/usr/bin/curl")
        curl.arguments = ["-s", "-m", "10", url.absoluteString]
        curl.standardOutput = output
        try curl.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// Waits until `condition` holds.
    func wait(
        for what: Comment,
        within seconds: Double = 30,
        until condition: () async throws -> Bool
    ) async throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while try await !condition() {
            try #require(Date.now < end, "\(what): \(errors.suffix(2_000))")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
