import Foundation
import HTTPServing
import Telemetry
import Testing

@testable import ledger_writer

@Suite struct MetricsEndpointTests {
    private let metrics = Metrics()
    private let database = Health.Part("database")
    private let health: Health
    private let endpoint: MetricsEndpoint

    init() {
        health = Health([database])
        endpoint = MetricsEndpoint(metrics: metrics, health: health)
    }

    @Test func tellsWhoSendsWorkAndWhoRestarts() throws {
        #expect(try status("/health/ready") == 503 && status("/health/live") == 200)
        #expect(
            try text("/health")
                == "{\"status\":\"not ready\",\"reasons\":"
                + "[{\"part\":\"database\",\"reason\":\"starting\"}]}\n"
        )
        health.report(database, .degraded("reconnecting"))
        #expect(try status("/health/ready") == 200 && status("/health") == 200)
        #expect(try text("/health").hasPrefix("{\"status\":\"degraded\""))
        health.report(database, .failed("schema is newer"))
        #expect(try status("/health/ready") == 503 && status("/health/live") == 503)
    }

    @Test func exposesMetrics() throws {
        LedgerWriterMetrics(metrics).partition(0).lag.set(7)
        #expect(try text("/metrics?a").contains("\nkafka_consumer_lag{partition=\"0\"} 7\n"))
    }

    @Test(arguments: ["/", "/metrics/", "/Metrics", "/health/live/x", "/%6detrics", "//metrics"])
    func knowsNothingElse(path: String) throws {
        #expect(try status(path) == 404)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
    func countsItsAnswers() async throws {
        let server = try endpoint.start(host: "127.0.0.1", port: 0)
        for path in ["/nothing", "/health", "/health"] { _ = try curl(path, of: server) }
        let answer = try curl("/metrics", of: server)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(answer.contains("\ncaracal_requests_total{status=\"404\"} 1\n"))
        #expect(answer.contains("\ncaracal_requests_total{status=\"503\"} 2\n"))
        await server.stop()
    }

    private func status(_ path: String) throws -> Int {
        try endpoint.respond(request(path)).status.code
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try endpoint.respond(request(path)).content, as: UTF8.self)
    }

    private func request(_ path: String) throws -> HTTPRequest {
        var decoder = HTTPRequestDecoder(limits: HTTPLimits())
        decoder.append(Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)[...])
        guard case .head(let request) = decoder.next() else { throw NoRequest() }
        return request
    }

    private struct NoRequest: Error {}

    private func curl(_ path: String, of server: HTTPServer) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/curl")
        process.arguments = ["-sSi", "http://127.0.0.1:\(server.port)\(path)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
