import Events
import Foundation
import StreamsTesting
import Testing

@Suite struct EventTimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00", 0), ("1970-01-01 00:00:00.000", 0),
            ("1970-01-01t01:30:00.5+01:30", 500_000_000), ("1969-12-31T23:59:59.999999999z", -1),
            ("1969-12-31T18:00:00-06:00", 0), ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
            ("2023-11-16 18:15:46.6805900", 1_700_158_546_680_590_000),
            ("2026-01-01T11:59:58.282Z", 1_767_268_798_282_000_000),
            ("1970-01-01T00:00:00.00000000100000Z", 1),
            ("2262-04-11T23:47:16.854775807Z", .max), ("1677-09-21T00:12:43.145224192Z", .min),
        ] as [(String, Int64)]
    )
    func readsRFC3339(text: String, nanoseconds: Int64) throws {
        #expect(try EventTime(text).nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-01-01", "2026-01-01T00:00", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+01", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00 Z",
        "2026/01/01T00:00:00Z", "2026-01-01X00:00:00Z", "2026-1-01T00:00:00Z0",
        "-026-01-01T00:00:00Z", "２026-01-01T00:00:00Z", "2026-01-01T00:00:00Zjunk",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(throws: EventError(.badTime)) { try EventTime(text) }
    }

    @Test func refusesWhatIsOutOfRange() {
        #expect(throws: EventError(.overflow)) { try EventTime("2262-04-11T23:47:16.854775808Z") }
        #expect(throws: EventError(.overflow)) { try EventTime("1677-09-21T00:12:43.145224191Z") }
        #expect(throws: EventError(.overflow)) { try EventTime("9999-12-31T23:59:59Z") }
        #expect(throws: EventError(.overflow)) { try EventTime("0000-01-01T00:00:00Z") }
        #expect(throws: EventError(.tooManyPlaces)) {
            try EventTime("2026-01-01T00:00:00.0000000001Z")
        }
        #expect(EventTime(milliseconds: .max) == nil)
        #expect(EventTime(milliseconds: .min) == nil)
        #expect(EventTime(milliseconds: -1)?.nanoseconds == -1_000_000)
        #expect(EventTime(nanoseconds: -1).milliseconds == -1)
    }

    /// What is written is read back, and Foundation's calendar agrees about the second.
    @Test(arguments: UInt64(0)..<10)
    func writesWhatItReads(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let style = Date.ISO8601FormatStyle()
        for _ in 0..<200 {
            let time = EventTime(nanoseconds: Int64.random(in: .min ... .max, using: &random))
            #expect(try EventTime(time.description) == time)
            let date = try style.parse(time.description.prefix(19) + "Z")
            let seconds = (Double(time.nanoseconds) / 1e9).rounded(.down)
            #expect(abs(date.timeIntervalSince1970 - seconds) <= 1)
        }
    }
}
