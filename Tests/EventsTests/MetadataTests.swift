import Events
import Testing

@Suite struct MetadataTests {
    @Test func sortsByTheBytesOfKeys() throws {
        let metadata = try Metadata([
            ("é", .null), ("z", .bool(true)), ("e\u{301}", .null), ("Z", .null), ("", .null),
        ])
        #expect(
            metadata.entries.map { Array($0.key.utf8) } == [
                [], Array("Z".utf8), Array("e\u{301}".utf8), Array("z".utf8), Array("é".utf8),
            ]
        )
        guard case .bool(true) = metadata["z"] else {
            Issue.record("z is not true")
            return
        }
        #expect(metadata["y"] == nil)
    }

    @Test func refusesAKeyTwice() {
        #expect(throws: EventError(.duplicate, field: "k")) {
            try Metadata([("k", .null), ("l", .null), ("k", .null)])
        }
    }

    @Test(arguments: [
        "", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "1 ", " 1",
        "1,5", "--1", "1.5.5", "1e5.5", "١",
    ])
    func refusesWhatIsNoNumber(text: String) {
        #expect(throws: EventError(.notANumber, field: "k")) {
            try Metadata([("k", .number(text))])
        }
    }

    @Test(arguments: ["1e308", "9e308", "1E+999999999999999999999", "0.01e310", "12e307"])
    func refusesNumbersThatOthersCannotHold(text: String) {
        #expect(throws: EventError(.overflow, field: "k")) {
            try Metadata([("k", .number(text))])
        }
    }

    @Test(arguments: [
        "0", "-0", "0.0", "1e307", "0.001e310", "1e-999999", "-12.50E+3", "0e99999",
        "123456789012345678901",
    ])
    func keepsNumbersAsTheyAre(text: String) throws {
        guard case .number(let kept) = try Metadata([("k", .number(text))])["k"] else {
            Issue.record("no number")
            return
        }
        #expect(kept == text)
    }
}
