import Testing

@testable import StreamsEmbedded

@Suite struct LogStateTests {
    private func summary(
        letters: UInt64 = 0,
        mark: UInt64 = 0,
        rows: UInt64 = 0,
        offset: UInt64 = 0
    ) -> LogState? {
        var bytes: [UInt8] = []
        bytes.appendInteger(letters)
        bytes.appendInteger(UInt64(1))
        bytes.appendString(Array("p".utf8))
        bytes.appendInteger(mark)
        bytes.appendInteger(UInt64(1))
        bytes.appendString(Array("s".utf8))
        bytes.appendInteger(rows)
        bytes.appendInteger(UInt64(0))
        bytes.appendString([])
        bytes.appendInteger(UInt64(1))
        bytes.appendString(Array("letter".utf8))
        bytes.appendInteger(offset)
        return LogState(summary: bytes.span)
    }

    /// Counts in a frame whose checksum is right are still bounded, such that nothing overflows.
    @Test func aSummaryWithCountsThatAreTooLargeIsRefused() throws {
        #expect(summary(letters: 3, mark: 4, rows: 5, offset: 6)?.redriven == ["letter": 6])
        let largest = UInt64(Int.max)
        #expect(summary(mark: largest)?.marks == [Array("p".utf8): .max])
        for value in [largest / 2 + 1, largest, largest + 1, .max] {
            #expect(summary(letters: value) == nil)
            #expect(summary(rows: value) == nil)
            #expect(summary(offset: value) == nil)
        }
        var state = try #require(summary(letters: largest / 2))
        let letter = IngestLetter(
            id: "1",
            source: "s",
            line: 1,
            row: 1,
            offset: 0,
            reason: "invalid",
            message: "",
            bytes: []
        )
        state.add([.letter(letter)], base: 0)
        #expect(state.letters == .max / 2 + 1)
    }

    /// A frame of one record at the highest base, whose journal says that the record at `place` was
    /// sent again.
    private func problem(ofRecordAt place: UInt64) -> String? {
        var payload: [UInt8] = []
        for value in [0, 1, 0, 0] { payload.appendInteger(UInt32(value)) }
        payload.appendInteger(UInt32(0))
        payload.appendInteger(RecordFrame.noProducer)
        payload.appendInteger(Int64(-1))
        payload.append(3)
        payload.appendString(Array("letter".utf8))
        payload.appendInteger(place)
        let header = FrameHeader(kind: RecordFrame.kind, count: 1, base: .max / 2)
        var state = LogState()
        return state.add(header, payload.span)
    }

    @Test func aLetterThatPointsBehindItsFrameIsRefused() {
        #expect(problem(ofRecordAt: 0) == nil)
        for place in [2, UInt64(UInt32.max), UInt64(Int.max), .max] {
            #expect(problem(ofRecordAt: place) != nil, "\(place)")
        }
    }
}
