import Foundation
import Testing

@testable import Telemetry

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
        (Int64.max, "2262-04-11T23:47:16.854Z"), (Int64.min, "1677-09-21T00:12:43.145Z"),
    ])
    func writesKnownInstants(nanoseconds: Int64, text: String) {
        #expect("\(Timestamp(nanoseconds: nanoseconds))" == text)
    }

    @Test func agreesWithFoundationOnEveryDayOfEightYears() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in 10_000..<13_000 {
            let seconds = day * 86_400 + day % 86_400
            let text = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
            #expect("\(Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000))" == text)
        }
    }
}
