import Foundation

/// The programs that the benchmarks on servers run.
struct WriterTools: Sendable {
    /// The script that starts a Kafka.
    let kafka: String
    /// The folder of the writer that was written by hand in Go.
    let peer: String
    /// The folder of the executables of this package, in release.
    let products: String

    /// - Returns: `nil` if something is missing, which is said then in the name of `benchmark`.
    init?(_ surroundings: Surroundings, for benchmark: String) {
        let environment = ProcessInfo.processInfo.environment
        let files = FileManager.default
        let kafka = environment["CARACAL_TEST_KAFKA"]
        let peer = surroundings.peersFolder.map { "\($0)/kafka-postgres" }
        let products = Bundle.main.bundlePath
        var missing: [String] = []
        if kafka.map(files.isExecutableFile) != true {
            missing.append("CARACAL_TEST_KAFKA, the script that starts a Kafka")
        }
        if peer.map({ files.isExecutableFile(atPath: "\($0)/bin/load") }) != true {
            missing.append("--peers DIR with the folder kafka-postgres")
        }
        if !files.isExecutableFile(atPath: "Tests/postgres") {
            missing.append("the package as working folder, with a PostgreSQL for Tests/postgres")
        }
        for product in ["caracal", "ledger-writer"]
        where !files.isExecutableFile(atPath: "\(products)/\(product)") {
            missing.append("a release build of \(product)")
        }
        guard missing.isEmpty, let kafka, let peer else {
            report("\(benchmark) is skipped, it needs \(missing.joined(separator: "; "))")
            return nil
        }
        (self.kafka, self.peer, self.products) = (kafka, peer, products)
    }

    /// Runs a program to its end.
    ///
    /// - Returns: What it prints.
    /// - Throws: ``WriterFailure`` if its exit code is not 0.
    @discardableResult
    static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        isQuiet: Bool = false
    ) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        if isQuiet { process.standardError = FileHandle.nullDevice }
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw WriterFailure(description: "\(program) \(arguments) failed: \(text)")
        }
        return text
    }
}

/// Lends running servers, and ends them afterwards.
func withServers<Result>(
    _ surroundings: Surroundings,
    for benchmark: String,
    _ body: (WriterServers) async throws -> Result
) async throws -> Result? {
    guard let tools = WriterTools(surroundings, for: benchmark) else { return nil }
    return try await surroundings.withFolder { folder in
        let servers = try WriterServers(tools, in: folder)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(servers))
        } catch {
            result = .failure(error)
        }
        try servers.stop()
        return try result.get()
    }
}
