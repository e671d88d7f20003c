import Streams
import Telemetry
import Testing

@testable import StreamsKafka
@testable import ledger_writer

@Suite struct WriterTelemetryTests {
    private let telemetry = WriterTelemetry(Log(minimum: .error, sink: LineSink { _ in }) { 0 }) {
        _ in
    }

    private func statistics(_ state: String) -> KafkaEvent {
        .statistics(
            Array(
                """
                {"type":"consumer","brokers":{"b/0":{"nodeid":0,"source":"learned","state":"\(state)"}}}
                """.utf8
            )
        )
    }

    @Test func saysWhenABrokerIsThereAgain() {
        for part in [Health.Part.database, .ledger, .kafka] {
            telemetry.health.report(part, .ready)
        }
        let gone = KafkaError(
            code: -195,
            name: "_TRANSPORT",
            operation: "poll",
            reason: "connection refused",
            isFatal: false,
            isRetriable: true,
            needsAbort: false
        )
        telemetry.observe(.error(gone))
        #expect(telemetry.health.report.status == .degraded)
        telemetry.observe(statistics("CONNECT"))
        #expect(telemetry.health.report.status == .degraded)
        telemetry.observe(statistics("UP"))
        #expect(telemetry.health.report.status == .ready)
    }

    /// What was in the way of a partition is over once it is claimed, though nothing comes to be
    /// written.
    @Test func saysWhenAPartitionIsWellAgain() {
        for part in [Health.Part.database, .kafka] { telemetry.health.report(part, .ready) }
        telemetry.changed(.assigned([3]))
        _ = telemetry.failed(
            3,
            PartitionFailure(partition: 3, underlying: EventLogError.unavailable(reason: "away"))
        )
        #expect(telemetry.health.report.status == .degraded)
        telemetry.claimed(3, Cursor(nextOffset: 40, epoch: 2))
        #expect(telemetry.health.report.status == .ready)
        telemetry.refresh(connections: 7) { _ in 42 }
        let text = telemetry.metrics.exposition
        #expect(text.contains("\nkafka_consumer_lag{partition=\"3\"} 2\n"))
        #expect(text.contains("\ncaracal_database_connections 7\n"))
    }
}
