import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func writesTheTextFormat() {
        let metrics = Metrics()
        metrics.counter(.requests, "200", "/a").increment()
        metrics.counter(.requests, "200", "/a").increment(by: 41)
        metrics.counter(.requests, "404", "/b").increment(by: -1)
        metrics.gauge(.level).set(-5)
        metrics.gauge(.level).add(2)
        let durations = metrics.histogram(.durations)
        durations.observe(.milliseconds(1))
        durations.observe(.microseconds(1_500))
        durations.observe(.seconds(3))
        durations.observe(.seconds(-1))
        #expect(
            metrics.exposition == #"""
                # HELP test_level Up and down.
                # TYPE test_level gauge
                test_level -3
                # HELP test_requests_total Line one.\nA \\ and a ".
                # TYPE test_requests_total counter
                test_requests_total{status="200",path="/a"} 42
                test_requests_total{status="404",path="/b"} 0
                # HELP test_seconds Time.
                # TYPE test_seconds histogram
                test_seconds_bucket{le="0.001"} 2
                test_seconds_bucket{le="0.25"} 3
                test_seconds_bucket{le="2"} 3
                test_seconds_bucket{le="+Inf"} 4
                test_seconds_sum 3.0025
                test_seconds_count 4

                """#
        )
    }

    @Test func escapesAndCutsLabelValues() {
        let metrics = Metrics()
        _ = metrics.counter(.single, "a\"b\\c\nd")
        _ = metrics.counter(.single, String(repeating: "x", count: 200))
        let lines = metrics.exposition.split(separator: "\n").dropFirst(2)
        #expect(lines.first == #"test_single_total{name="a\"b\\c\nd"} 0"#)
        #expect(lines.last == "test_single_total{name=\"\(String(repeating: "x", count: 128))\"} 0")
    }

    /// The order is that of numbers, then of texts, however the series came about.
    @Test func isInTheSameOrderEveryTime() {
        let values = ["0", "2", "9", "10", "100", "", "a", "b"]
        let expected = values.map { "test_single_total{name=\"\($0)\"} 0" }
        for rotation in values.indices {
            let metrics = Metrics()
            for value in values[rotation...] + values[..<rotation] {
                _ = metrics.counter(.single, value)
            }
            let lines = metrics.exposition.split(separator: "\n").dropFirst(2).map(String.init)
            #expect(lines == expected)
        }
    }

    @Test func bucketsAreInclusiveAtTheirBound() {
        let metrics = Metrics()
        let sizes = metrics.histogram(.sizes)
        for value in [0, 10, 11, 20, 21, -3] { sizes.observe(value) }
        let lines = metrics.exposition.split(separator: "\n").dropFirst(2).map(String.init)
        #expect(
            lines == [
                "test_size_bucket{le=\"10\"} 3", "test_size_bucket{le=\"20\"} 5",
                "test_size_bucket{le=\"+Inf\"} 6", "test_size_sum 62", "test_size_count 6",
            ]
        )
    }

    /// A label without bound costs its detail, never the memory, and the sum stays right.
    @Test func boundsTheSeriesOfAMetric() {
        let metrics = Metrics()
        for value in 0..<3_000 { metrics.counter(.single, "\(value)").increment() }
        let lines = metrics.exposition.split(separator: "\n").dropFirst(2)
        #expect(lines.count == Metrics.seriesMax + 1)
        #expect(lines.last == "test_single_total{name=\"other\"} 2000")
    }

    @Test func showsAWithdrawnGaugeNoMore() {
        let metrics = Metrics()
        let gauge = metrics.gauge(.labelled, "3")
        gauge.set(7)
        metrics.withdraw(.labelled, "3")
        gauge.set(8)
        #expect(metrics.exposition == "")
        metrics.withdraw(.labelled, "4")
        #expect(metrics.gauge(.labelled, "3").value == 0)
    }

    @Test func countsFromManyTasks() async {
        let metrics = Metrics()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<1_000 {
                        metrics.counter(.single, "\(task % 2)").increment()
                        metrics.histogram(.sizes).observe(round)
                        if round % 100 == 0 { _ = metrics.exposition }
                    }
                }
            }
        }
        #expect(metrics.counter(.single, "0").value == 4_000)
        #expect(metrics.exposition.contains("test_size_count 8000\n"))
    }
}

extension MetricDeclaration<Counter> {
    fileprivate static let requests = Self(
        counter: "test_requests_total",
        help: "Line one.\nA \\ and a \".",
        labels: ["status", "path"]
    )
    fileprivate static let single = Self(
        counter: "test_single_total",
        help: "One label.",
        labels: ["name"]
    )
}

extension MetricDeclaration<Gauge> {
    fileprivate static let level = Self(gauge: "test_level", help: "Up and down.")
    fileprivate static let labelled = Self(gauge: "test_labelled", help: "", labels: ["partition"])
}

extension MetricDeclaration<Histogram> {
    fileprivate static let durations = Self(
        histogram: "test_seconds",
        help: "Time.",
        unit: .nanoseconds,
        bounds: [1_000_000, 250_000_000, 2_000_000_000]
    )
    fileprivate static let sizes = Self(
        histogram: "test_size",
        help: "Sizes.",
        unit: .count,
        bounds: [10, 20]
    )
}
