import Foundation
import Synchronization

/// A real Kafka for tests, started by the script that `CARACAL_TEST_KAFKA` names.
///
/// Its folder is temporary. The brokers end when the value is gone, or the test process, however
/// that ends.
public final class KafkaServer: Sendable {
    /// Why a server could not be had.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Whether there is a script; a suite that needs it is enabled by this.
    public static var isAvailable: Bool { script != nil }

    /// The address that clients are given.
    public let bootstrap: String
    /// The port of the first broker.
    public let port: Int
    /// Where configuration, data and logs are.
    public let folder: String

    /// Closing it ends the brokers: the script that has started them reads from it.
    private let leash: FileHandle

    private static let script = ProcessInfo.processInfo.environment["CARACAL_TEST_KAFKA"]

    private static let common = Mutex<KafkaServer?>(nil)

    /// One broker that the tests of this process share: give topics and groups names of their own.
    public static func shared() throws -> KafkaServer {
        try common.withLock { server in
            if let server { return server }
            let made = try KafkaServer()
            server = made
            return made
        }
    }

    /// Starts brokers; takes 5 to 20 seconds.
    ///
    /// - Parameters:
    ///   - options: Of the script's `start`, such as `["--brokers", "3"]`.
    ///   - properties: Of the brokers, such as `["log.retention.check.interval.ms=500"]`.
    /// - Throws: ``Failure``, with the script's words.
    public convenience init(options: [String] = [], properties: [String] = []) throws {
        try self.init(
            folder: Self.newFolder(),
            port: Self.freePort(),
            options: options,
            properties: properties
        )
    }

    static func newFolder() -> String {
        NSTemporaryDirectory() + "caracal-kafka-\(UUID().uuidString)"
    }

    /// Starts brokers in a folder, which goes with them.
    init(folder: String, port: Int, options: [String], properties: [String]) throws {
        guard let script = Self.script else { throw Failure(description: "no CARACAL_TEST_KAFKA") }
        self.folder = folder
        self.port = port
        bootstrap = "127.0.0.1:\(port)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        let program = """
            script=$1 dir=$2; shift 2
            "$script" start --dir "$dir" "$@" || { echo failed; rm -rf "$dir"; exit 1; }
            read -r _
            "$script" stop --dir "$dir" >/dev/null 2>&1
            rm -rf "$dir"
            """
        let end = properties.isEmpty ? [] : ["--"] + properties
        process.arguments =
            ["-c", program, "bash", script, folder, "--port", "\(port)", "--heap", "384m"]
            + options + end
        let (input, output) = (Pipe(), Pipe())
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
        guard text.hasPrefix(bootstrap) else {
            throw Failure(description: "Kafka did not start: \(text)")
        }
    }

    deinit { try? leash.close() }

    /// Runs one of the script's commands on these brokers, such as `run("kill", "2")`.
    ///
    /// - Returns: What it prints.
    @discardableResult
    public func run(_ command: String, _ arguments: String...) throws -> String {
        try Self.execute([command, "--dir", folder] + arguments)
    }

    /// Runs one of Kafka's own tools, by its Java class.
    ///
    /// - Returns: What it prints.
    @discardableResult
    public func tool(_ name: String, _ arguments: String...) throws -> String {
        try Self.execute(["tool", name] + arguments)
    }

    private static func execute(_ arguments: [String]) throws -> String {
        let process = Process()
        // A broker that is started by it must not keep what Foundation waits for to close.
        let program = """
            for open in /proc/$$/fd/*; do n=${open##*/}; [ "$n" -le 2 ] || eval "exec $n>&-"; done
            exec "$@"
            """
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", program, "bash", script ?? ""] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "kafka \(arguments) failed: \(text)")
        }
        return text
    }

    /// A port of the loopback that is free, as are those that the script adds to it.
    static func freePort() throws -> Int {
        let start = 20_000 + Int(ProcessInfo.processInfo.processIdentifier % 400) * 20
        for port in stride(from: start, to: start + 8_000, by: 7)
        where [0, 1, 2, 100, 101, 102, 200, 201, 202, 203, 300].allSatisfy({ isFree(port + $0) }) {
            return port
        }
        throw Failure(description: "no free port for Kafka")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
