import Events
import Testing

@Suite struct RowDecoderTests {
    /// Decodes a file as an ingest does: what each row became, in a few words.
    private func decode(_ text: String, limit: Int = 1 << 20) throws -> [String] {
        var reader = RowReader(lineLimit: limit)
        var decoder: RowDecoder?
        var arena: [UInt8] = []
        var outcomes: [String] = []
        let bytes = Array(text.utf8)
        let format = text.hasPrefix("T") ? InputFormat.llmTrace : .ndjson
        func take(_ row: RowReader.Row, _ bytes: Span<UInt8>) throws {
            var active = try decoder ?? RowDecoder(format: format, source: "file")
            defer { decoder = active }
            do throws(RowError) {
                let decoded = try active.canonicalize(row, bytes, into: &arena)
                outcomes.append("\(decoded.identity)")
            } catch {
                outcomes.append("\(error.reason.rawValue): \(error)")
            }
        }
        try reader.feed(bytes.span, take)
        try reader.finish(take)
        return outcomes
    }

    private let start =
        #"{"agent_id":"a","timestamp":1,"resource_type":"r","cost":1,"currency":"USD""#

    @Test func tellsByWhatARowIsKnown() throws {
        #expect(
            try decode(
                """
                \(start),"event_id":"1"}
                \(start),"event_id":"2","sequence":9}
                \(start),"event_id":"3","producer_id":"p"}
                \(start),"event_id":"4","producer_id":"p","sequence":0}
                """
            ) == ["row(1)", "row(2)", "none", "event"]
        )
        let trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44"
        #expect(try decode(trace) == ["event"])
    }

    @Test func goesOnAfterABadRow() throws {
        #expect(
            try decode(
                """
                \(start),"event_id":"1"}
                {"event_id":
                \(start)}

                \(start),"event_id":"\(String(repeating: "x", count: 200))"}
                \(start),"event_id":"5"}
                """,
                limit: 200
            ) == [
                "row(1)", "malformed_row: line 2: 'event_id' is not JSON, at byte 12",
                "malformed_event: line 3: 'event_id' is missing, at byte 75",
                "too_large: line 5 has 290 bytes, more than a row may", "row(5)",
            ]
        )
        #expect(
            try decode("TIMESTAMP,ContextTokens,GeneratedTokens\nx,1,2\n").first
                == "malformed_row: line 2: 'TIMESTAMP' is neither integer milliseconds nor an "
                + "RFC 3339 time, at byte 0"
        )
    }
}
