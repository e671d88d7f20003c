import Testing

@testable import ledger_writer

@Suite struct KafkaStatisticsTests {
    private static let sample = """
        { "name": "rdkafka#consumer-1", "client_id": "a\\"}b", "type": "consumer", "ts": 5016483227792,
          "rx": 12, "rx_bytes": 31084, "brokers": {
            "127.0.0.1:9092/bootstrap": { "name": "x", "nodeid": -1, "source": "configured",
              "state": "UP", "toppars": {} },
            "127.0.0.1:9092/0": { "name": "y", "nodeid": 0, "source": "learned", "state": "UP",
              "rtt": { "avg": 1200, "state": "UP" }, "toppars": { "t-0": { "topic": "t" } } },
            "127.0.0.1:9093/1": { "nodeid": 1, "source": "learned", "state": "DOWN" },
            "GroupCoordinator": { "nodeid": 0, "source": "logical", "state": "UP" } },
          "topics": { "t": { "topic": "t", "batchsize": { "avg": 99 }, "partitions": {
            "0": { "fetchq_cnt": 7, "fetchq_size": 4000, "desired": true, "x": [1, {"rx_bytes": 3}] },
            "1": { "fetchq_cnt": 5, "fetchq_size": 300 },
            "-1": { "fetchq_cnt": 0, "fetchq_size": 0 } } } },
          "cgrp": { "state": "up", "rebalance_cnt": 3 }, "empty": [], "rx_bytes_": -0.5 }
        """

    @Test func areReadFromTheClientsJSON() throws {
        let figures = try #require(KafkaStatistics(json: Array(Self.sample.utf8)))
        #expect(figures.isConsumer)
        #expect(figures.receivedBytes == 31_084)
        #expect(figures.rebalances == 3)
        #expect(figures.queuedRecords == 12 && figures.queuedBytes == 4_300)
        #expect(figures.brokersUp == 1)
    }

    @Test func areNotReadFromWhatIsNoObject() {
        let bytes = Array(Self.sample.utf8)
        for count in bytes.indices { #expect(KafkaStatistics(json: Array(bytes[..<count])) == nil) }
        for text in ["[]", "{}x", "{\"a\"}", "{\"a\":", "{\"a\":}", "{a:1}", "{\"\\"] {
            #expect(KafkaStatistics(json: Array(text.utf8)) == nil, "\(text)")
        }
        for open in ["{\"a\":", "{\"a\":[", "{\"topics\":[["] {
            let deep = String(repeating: open, count: 100_000)
            #expect(KafkaStatistics(json: Array(deep.utf8)) == nil)
        }
        #expect(KafkaStatistics(json: Array("{}".utf8)) == KafkaStatistics())
    }
}
