import Testing

@testable import CommandLineInterface

@Suite struct ProgressTests {
    @Test func drawsABarOnATerminal() {
        var progress = Progress("ingest", unit: "rows", terminalWidth: 100, now: .seconds(7))
        #expect(progress.update(done: 10, of: 4_000, now: .milliseconds(7_099)) == nil)
        #expect(
            progress.update(done: 1_000, of: 4_000, now: .seconds(8))
                == "\r[######------------------] ingest 1,000 of 4,000 rows, 1,000/s, 3 s left\u{1B}[K"
        )
        #expect(progress.update(done: 1_001, of: 4_000, now: .milliseconds(8_050)) == nil)
        #expect(progress.finish() == "\r\u{1B}[K")
        #expect(progress.finish() == nil)
    }

    @Test func writesLinesElsewhere() {
        var progress = Progress("run", unit: "entries", done: 500, terminalWidth: nil, now: .zero)
        #expect(progress.update(done: 900, of: 1_500, now: .seconds(4)) == nil)
        #expect(
            progress.update(done: 1_000, of: 1_500, now: .seconds(5))
                == "run 1,000 of 1,500 entries, 100/s, 5 s left\n"
        )
        #expect(
            progress.update(done: 1_250_000, of: nil, now: .seconds(10))
                == "run 1,250,000 entries, 124,950/s\n"
        )
        #expect(progress.finish() == nil)
    }

    /// No count may trap, be it more than the total or the time not moving at all.
    @Test func survivesCountsThatMakeNoSense() {
        for (done, total) in [(5, 0), (5, 3), (-1, 2), (Int.max, Int.max), (0, 1)] {
            var progress = Progress("x", unit: "y", terminalWidth: 20, now: .zero)
            #expect(progress.update(done: done, of: total, now: .seconds(1)) != nil)
            #expect(progress.update(done: done, of: total, now: .zero) == nil)
        }
    }

    @Test func fitsTheTerminal() {
        var progress = Progress("ingest", unit: "rows", terminalWidth: 40, now: .zero)
        let text = progress.update(done: 1, of: 99_999, now: .seconds(1))
        #expect(text.map { $0.count <= 40 + 4 } == true)
    }
}
