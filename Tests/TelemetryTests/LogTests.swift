import Foundation
import Synchronization
import Telemetry
import Testing

@Suite struct LogTests {
    private let sink = CollectingSink()

    @Test func writesOneObjectALine() throws {
        let log = makeLog(minimum: .info).with([.stage: .text("dedupe")])
        log.write(.info, "batch closed", [.records: .integer(500), .full: .boolean(true)])
        #expect(
            sink.lines == [
                #"{"time":"2023-11-14T22:13:20.250Z","level":"info","message":"batch closed","#
                    + #""stage":"dedupe","records":500,"full":true}"#
            ]
        )
    }

    /// Whatever a text holds, the line is one line of JSON and gives the text back.
    @Test(arguments: ["", "a\"b\\c", "line\nfeed\r\n\u{0}\u{1F}\u{7F}", "π 🐈 \u{2028}"])
    func escapesText(text: String) throws {
        makeLog(minimum: .info).write(.error, "refused", [.stage: .text(text)])
        let line = try #require(sink.lines.first)
        #expect(!line.contains { $0.isNewline && $0 != "\u{2028}" })
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["stage"] as? String == text)
    }

    @Test func cutsLongText() {
        let long = String(repeating: "x", count: 5_000)
        makeLog(minimum: .info).write(.info, "long", [.stage: .text(long)])
        #expect(sink.lines.first?.count { $0 == "x" } == 1_024)
    }

    @Test func computesNothingBelowTheMinimum() {
        func fields() -> Log.Fields {
            Issue.record("computed")
            return [:]
        }
        makeLog(minimum: .warning).write(.info, "unseen", fields())
        #expect(sink.lines == [])
    }

    private func makeLog(minimum: Log.Level) -> Log {
        Log(minimum: minimum, sink: sink) { 1_700_000_000_250_000_000 }
    }
}

extension Log.Key {
    fileprivate static let stage = Self("stage")
    fileprivate static let records = Self("records")
    fileprivate static let full = Self("full")
}

private final class CollectingSink: LogSink {
    private let collected = Mutex<[String]>([])
    var lines: [String] { collected.withLock { $0 } }

    func write(_ line: String) {
        collected.withLock { $0.append(line) }
    }
}
