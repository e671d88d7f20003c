import HTTPServing
import Telemetry

/// Answers for metrics and health, on a port of their own.
///
/// | Path | Answer |
/// |---|---|
/// | `/metrics` | 200, everything that is measured, in Prometheus' text format |
/// | `/health/live` | 200, or 503: restart it |
/// | `/health/ready` | 200, also if degraded, or 503: send it nothing |
/// | `/health` | as `/health/ready` |
///
/// The answers of health say in JSON what is wrong.
struct MetricsEndpoint: Sendable {
    private let metrics: Metrics
    private let health: Health
    private let refresh: @Sendable () -> Void

    /// - Parameters:
    ///   - metrics: What is shown.
    ///   - health: What is asked.
    ///   - refresh: Brings metrics up to date that nobody tells; called before they are shown, and
    ///     does not block.
    init(metrics: Metrics, health: Health, refresh: @escaping @Sendable () -> Void = {}) {
        self.metrics = metrics
        self.health = health
        self.refresh = refresh
    }

    /// Starts to serve it; the answers are counted by status.
    ///
    /// - Parameters:
    ///   - host: An address of this machine in numbers.
    ///   - port: 0 takes a free one.
    /// - Returns: The server, reachable.
    /// - Throws: Why nobody can listen there.
    func start(host: String, port: UInt16) throws(HTTPServerError) -> HTTPServer {
        let counters = LedgerWriterMetrics(metrics)
        return try HTTPServer.start(
            host: host,
            port: port,
            answered: { counters.requests(status: $0.code).increment() },
            handler: respond
        )
    }

    @Sendable
    func respond(_ request: HTTPRequest) -> HTTPResponse {
        switch request.path {
        case "/metrics":
            refresh()
            let content = Array(metrics.exposition.utf8)
            return uncached(HTTPResponse(.ok, type: Metrics.contentType, content: content))
        case "/health/live":
            let report = health.report
            return answer(report, report.isLive)
        case "/health/ready", "/health":
            let report = health.report
            return answer(report, report.isReady)
        default:
            return HTTPResponse(.notFound)
        }
    }

    private func answer(_ report: Health.Report, _ isGood: Bool) -> HTTPResponse {
        let content = Array("\(report.json)\n".utf8)
        let status = isGood ? HTTPStatus.ok : .serviceUnavailable
        return uncached(HTTPResponse(status, type: "application/json", content: content))
    }

    private func uncached(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.add("Cache-Control", "no-store")
        return response
    }
}
