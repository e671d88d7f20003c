import Telemetry
import Testing

@Suite struct HealthTests {
    @Test func isNotReadyUntilEveryPartHasReported() {
        let health = Health([.database, .log])
        #expect(health.report.status == .notReady && health.report.isLive)
        health.report(.database, .ready)
        #expect(!health.report.isReady)
        #expect(
            health.report.json
                == #"{"status":"not ready","reasons":[{"part":"log","reason":"starting"}]}"#
        )
        health.report(.log, .ready)
        #expect(health.report.json == #"{"status":"ready","reasons":[]}"#)
    }

    @Test func isAsTheWorstOfItsParts() {
        let health = Health([])
        #expect(health.report.status == .ready)
        health.report(.log, .degraded("no broker answers"))
        #expect(health.report.status == .degraded && health.report.isReady)
        health.report(.database, .notReady("wrong \"password\""))
        #expect(health.report.status == .notReady && !health.report.isReady)
        #expect(health.report.isLive)
        #expect(
            health.report.json
                == #"{"status":"not ready","reasons":[{"part":"database","reason":"wrong \"password\""},"#
                + #"{"part":"log","reason":"no broker answers"}]}"#
        )
        health.report(.database, .ready)
        #expect(health.report.status == .degraded)
    }

    @Test func staysFailed() {
        let health = Health([.log])
        health.report(.log, .failed("fatal"))
        health.report(.log, .ready)
        #expect(health.report.status == .failed && !health.report.isLive)
        #expect(!health.report.isReady && health.report.reasons.map(\.text) == ["fatal"])
    }
}

extension Health.Part {
    fileprivate static let database = Self("database")
    fileprivate static let log = Self("log")
}
