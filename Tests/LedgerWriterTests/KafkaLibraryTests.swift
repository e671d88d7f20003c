import ConformanceKit
import Foundation
import Testing

/// A `ledger-writer` on another librdkafka than the one it was built with.
@Suite(
    .enabled(if: Stack.isAvailable, Stack.need),
    .enabled(if: Library.file != nil, "needs CARACAL_TEST_LIBRDKAFKA, a current librdkafka's file"),
    .serialized,
    .timeLimit(.minutes(3))
)
struct KafkaLibraryTests {
    @Test func worksWithACurrentLibrary() async throws {
        let library = try Library()
        try await Stack.with(partitions: 4) { stack in
            let first = try stack.writer(environment: library.environment)
            try await stack.produce((0..<1_000).map { Stack.event($0) })
            try await stack.waitUntil(done: 1_000)
            let second = try stack.writer(environment: library.environment)
            try await stack.produce((1_000..<3_000).map { Stack.event($0) })
            try await stack.waitUntil(done: 3_000)
            for writer in [first, second] {
                writer.signal(SIGTERM)
                #expect(writer.wait() == 0)
                #expect(writer.errors.contains("librdkafka \(library.version)"), "\(writer.errors)")
            }
            let ids = try stack.eventIDs()
            #expect(ids.count == 3_000 && Set(ids).count == 3_000)
            #expect(try stack.caracal("verify").code == 0)
        }
    }

    /// What an old library cannot do with Kafka 4.
    @Test func logsInBySCRAM() async throws {
        let library = try Library()
        let server = try KafkaServer.secured()
        try await Stack.with(partitions: 1, on: server) { stack in
            try server.grant("Read", on: "topic", named: stack.topic)
            try server.grant("Read", on: "group", named: stack.group)
            let writer = try stack.writer(
                [
                    "kafka.bootstrap.servers": server.address(.password),
                    "kafka.security.protocol": "SASL_SSL",
                    "kafka.ssl.truststore.location": server.certificate("ca.pem"),
                    "kafka.sasl.mechanism": "SCRAM-SHA-512", "kafka.sasl.username": "writer",
                    "kafka.sasl.password": KafkaServer.password,
                ],
                environment: library.environment
            )
            try await stack.produce((0..<100).map { Stack.event($0) })
            try await stack.waitUntil(done: 100)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            #expect(!writer.errors.contains(KafkaServer.password))
        }
    }

    /// A topic that was deleted and made again has another identifier, though it has all the offsets
    /// that the ledger asks for.
    @Test(arguments: [false, true])
    func standsStillBeforeATopicThatWasMadeAgain(isRunning: Bool) async throws {
        let library = try Library()
        try await Stack.with(partitions: 1) { stack in
            try await stack.expectStandstill(
                afterMakingTheTopicAgainWith: 1_000..<1_300,
                isRunning: isRunning,
                environment: library.environment,
                saying: "was deleted and made again"
            )
        }
    }
}

/// The library in a folder where the loader finds it first.
private final class Library {
    static let file = ProcessInfo.processInfo.environment["CARACAL_TEST_LIBRDKAFKA"]

    let environment: [String: String]
    /// What the library says of itself.
    let version: String
    private let folder: URL

    init() throws {
        let file = URL(filePath: try #require(Self.file))
        folder = FileManager.default.temporaryDirectory
            .appending(path: "caracal-library-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "librdkafka.so.1"),
            withDestinationURL: file
        )
        // What it needs itself lies beside it.
        let folders = "\(folder.path):\(file.deletingLastPathComponent().path)"
        environment = ["LD_LIBRARY_PATH": folders]
        version = try #require(Self.version(of: file))
    }

    private static func version(of file: URL) -> String? {
        guard let handle = unsafe dlopen(file.path, RTLD_NOW | RTLD_LOCAL) else { return nil }
        defer { unsafe _ = dlclose(handle) }
        guard let symbol = unsafe dlsym(handle, "rd_kafka_version_str") else { return nil }
        typealias Version = @convention(c) () -> UnsafePointer<CChar>
        return unsafe String(cString: unsafeBitCast(symbol, to: Version.self)())
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
