import Foundation

/// A Kafka and a PostgreSQL of one benchmark, in one folder.
///
/// They end when the value is gone, or the process, however that ends: the program that has started
/// them reads from it.
final class WriterServers: Sendable {
    /// The address of the broker.
    let bootstrap: String
    /// The server's URL for a superuser, without a database.
    let postgres: String
    let folder: String
    let tools: WriterTools
    let broker: ServerProcess
    let postmaster: ServerProcess

    private let leash: FileHandle

    /// Starts both; takes 10 seconds.
    init(_ tools: WriterTools, in folder: String) throws {
        self.tools = tools
        self.folder = folder
        let program = """
            kafka=$1 dir=$2 port=$3
            chmod 755 "$dir"
            servers=$("$kafka" start --dir "$dir/kafka" --port "$port" | tail -n 1)
            url=$(Tests/postgres start "$dir/postgres" shared_buffers=1GB max_wal_size=12GB)
            echo "$servers ${url%/*}"
            read -r _
            Tests/postgres stop "$dir/postgres"
            "$kafka" stop --dir "$dir/kafka" >/dev/null 2>&1
            rm -rf "${dir:?}"/*
            echo stopped
            """
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/bin/bash")
        let port = 20_000 + Int.random(in: 0..<9_000)
        process.arguments = ["-c", program, "bash", tools.kafka, folder, "\(port)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        leash = input.fileHandleForWriting
        var text = ""
        while !text.contains("\n") {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[1].hasPrefix("postgres") else {
            throw WriterFailure(description: "the servers did not start: \(text)")
        }
        (bootstrap, postgres) = (String(words[0]), String(words[1]))
        broker = ServerProcess(try Self.pid(in: "\(folder)/kafka/1/pid"))
        postmaster = ServerProcess(try Self.pid(in: "\(folder)/postgres/data/postmaster.pid"))
        ending = output.fileHandleForReading
    }

    private let ending: FileHandle

    /// Ends both, and waits for it.
    func stop() throws {
        try leash.close()
        _ = try ending.readToEnd()
    }

    private static func pid(in path: String) throws -> Int {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let pid = text.split(separator: "\n").first.flatMap({ Int($0) }) else {
            throw WriterFailure(description: "no process in \(path)")
        }
        return pid
    }

    /// Makes a topic and loads it with events of `size` bytes.
    func load(_ topic: String, count: Int, size: Int) throws {
        try WriterTools.run(
            "\(tools.peer)/bin/load",
            [
                "-bootstrap", bootstrap, "-topic", topic, "-count", "\(count)", "-size",
                "\(size)",
            ]
        )
    }

    /// Makes a database without tables, and has the server write what it holds back.
    ///
    /// - Returns: Its URL.
    func makeDatabase() async throws -> String {
        let name = "b\(UInt32.random(in: 0...UInt32.max))"
        let connection = try WriterDatabase("\(postgres)/postgres")
        try await connection.execute("CREATE DATABASE \(name)")
        try await connection.execute("CHECKPOINT")
        await connection.close()
        return "\(postgres)/\(name)"
    }

    /// Makes a database with the product's tables.
    func makeLedgers() async throws -> String {
        let url = try await makeDatabase()
        try WriterTools.run("\(tools.products)/caracal", ["migrate", "--postgres", url])
        return url
    }

    func dropDatabase(_ url: String) async throws {
        guard let name = url.split(separator: "/").last else { return }
        let connection = try WriterDatabase("\(postgres)/postgres")
        try await connection.execute("DROP DATABASE \(name) WITH (FORCE)")
        await connection.close()
    }
}

/// Why a benchmark on servers came to nothing.
struct WriterFailure: Error, CustomStringConvertible {
    let description: String
}
