import Telemetry
import Testing

@Suite struct LedgerWriterMetricsTests {
    /// The names that alerts and boards know, each with its labels.
    @Test func exposesEveryNameOfTheService() {
        let metrics = Metrics()
        let service = LedgerWriterMetrics(metrics)
        let partition = service.partition(3)
        partition.lag.set(12)
        partition.entries.increment(by: 5)
        service.deadLetters(partition: 3, reason: "not-json").increment()
        service.retries(reason: "40001").increment()
        service.requests(status: 200).increment()
        service.commit.observe(.milliseconds(12))
        let lines = metrics.exposition.split(separator: "\n").map(String.init)
        for line in [
            "kafka_consumer_lag{partition=\"3\"} 12", "caracal_entries_total{partition=\"3\"} 5",
            "caracal_dead_letters_total{partition=\"3\",reason=\"not-json\"} 1",
            "caracal_duplicates_total{partition=\"3\"} 0", "caracal_merkle_batch_size_count 0",
            "caracal_merkle_processing_seconds_count 0",
            "caracal_merkle_verification_failures_total 0", "caracal_commit_seconds_sum 0.012",
            "caracal_commit_seconds_bucket{le=\"0.01\"} 0",
            "caracal_commit_seconds_bucket{le=\"0.025\"} 1", "caracal_fenced_total 0",
            "caracal_commits_in_doubt_total 0", "caracal_retries_total{reason=\"40001\"} 1",
            "caracal_signing_failures_total 0", "caracal_database_connections 0",
            "caracal_requests_total{status=\"200\"} 1",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        service.withdrawLag(ofPartition: 3)
        #expect(!metrics.exposition.contains("kafka_consumer_lag"))
    }
}
