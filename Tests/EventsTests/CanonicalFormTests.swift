import Events
import Foundation
import Testing

@Suite struct CanonicalFormTests {
    /// The golden file, made by another program: canonical bytes in hexadecimal, then the JSON.
    @Test func keepsToTheGoldenFile() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/events.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        try #require(lines.count == 40)
        for index in stride(from: 0, to: lines.count, by: 2) {
            let canonical = try #require(bytes(hex: lines[index]))
            let json = Array(lines[index + 1].utf8)

            let event = try Event(canonical: canonical.span)

            #expect(event.canonicalBytes == canonical)
            #expect(String(decoding: event.json, as: UTF8.self) == lines[index + 1])
            #expect(try Event(json: json.span).canonicalBytes == canonical)
        }
    }

    /// The bytes before and after those of `index`, or the bytes with one of them changed.
    private func check(
        _ bytes: [UInt8],
        _ problem: EventError.Problem,
        _ field: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: EventError.self, sourceLocation: sourceLocation) {
            try Event(canonical: bytes.span)
        }
        #expect(error?.problem == problem, sourceLocation: sourceLocation)
        #expect(error?.field == field, sourceLocation: sourceLocation)
    }

    /// Each form that means an event but is not the one form of it is refused, by name.
    @Test func refusesEveryOtherForm() throws {
        let event = try Event(
            id: "e",
            agent: "a",
            timestamp: EventTime(nanoseconds: 1),
            .metering(
                Metering(resourceType: "r", cost: Money(nanos: 7, currency: .usd))
            ),
            metadata: Metadata([("k", .number("1")), ("l", .text("é"))])
        )
        let good = event.canonicalBytes
        func with(_ offset: Int, _ bytes: UInt8...) -> [UInt8] {
            var changed = good
            changed.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            return changed
        }
        try #require(try Event(canonical: with(18, 1).span).canonicalBytes == with(18, 1))
        check(with(0, 2), .unsupportedVersion, "")
        check(with(1, 0), .unknownValue, "event_type")
        check(with(1, 5), .unknownValue, "event_type")
        check(with(2, 32), .notCanonical, "")
        check(with(11, 1, 0, 0, 0, 0, 0, 0, 0, 10), .notCanonical, "quantity")
        check(with(11, 1, 0, 0, 0, 0, 0, 0, 0, 0), .notCanonical, "quantity")
        check(with(11, 10), .notCanonical, "quantity")
        check(with(12, 0x80), .negative, "quantity")
        check(with(20, 0x80), .negative, "cost")
        check(with(28, 0x75), .badCurrency, "currency")
        check(with(31, 0, 0), .empty, "event_id")
        check(with(33, 0xff), .badUTF8, "event_id")
        // From byte 40 on: two entries, "k" and "l".
        check(with(44, 0x6c), .duplicate, "l")
        check(with(44, 0x6d), .notCanonical, "l")
        check(with(45, 9), .notCanonical, "k")
        check(with(48, 0x61), .notANumber, "k")
        check(with(56, 0x28), .badUTF8, "l")
        check(good + [0], .notCanonical, "")
        check(Array(good.dropLast()), .notCanonical, "")
        check([], .notCanonical, "")
        check([UInt8](repeating: 1, count: 65_536), .tooLarge, "")
    }

    private func bytes(hex: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = hex
        while let digits = rest.isEmpty ? nil : rest.prefix(2) {
            guard let byte = UInt8(digits, radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
