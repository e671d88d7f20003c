import Events
import Testing

@Suite struct RowReaderTests {
    private func rows(
        _ text: String,
        as format: InputFormat? = nil
    ) throws -> (InputFormat?, [(RowReader.Row, String)]) {
        var reader = RowReader(format: format)
        var rows: [(RowReader.Row, String)] = []
        func take(_ row: RowReader.Row, _ bytes: Span<UInt8>) {
            let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
            rows.append((row, text))
        }
        let bytes = Array(text.utf8)
        try reader.feed(bytes.span, take)
        try reader.finish(take)
        #expect(reader.count == rows.count)
        return (reader.format, rows)
    }

    @Test func numbersRowsFromOneAndLinesAsTheyStand() throws {
        let (format, rows) = try rows(
            "\u{feff}TIMESTAMP,ContextTokens,GeneratedTokens\r\na\r\n\r\nb\n\nc"
        )
        #expect(format == .llmTrace)
        #expect(rows.map(\.1) == ["a", "b", "c"])
        #expect(rows.map(\.0.number) == [1, 2, 3])
        #expect(rows.map(\.0.line.number) == [2, 4, 6])
    }

    @Test func recognisesFormats() throws {
        #expect(try rows("{\"a\":1}\n").0 == .ndjson)
        #expect(try rows("\n \t{\n").0 == .ndjson)
        #expect(try rows("\u{feff}{}").0 == .ndjson)
        #expect(try rows("TIMESTAMP,ContextTokens,GeneratedTokens").1.isEmpty)
        #expect(InputFormat(rawValue: "llm-trace") == .llmTrace)
        #expect(InputFormat(rawValue: "parquet") == nil)
    }

    @Test(arguments: ["", "\n\n", "\r\n", "\u{feff}"])
    func refusesEmptyFiles(text: String) {
        #expect(throws: InputError.empty) { try rows(text) }
    }

    @Test(arguments: [
        "\u{0}\u{1}\u{7f}ELF\n", "[1]\n", "hello", "TIMESTAMP,ContextTokens\n1", " \n",
    ])
    func refusesWhatItDoesNotKnow(text: String) {
        #expect(throws: InputError.unrecognised) { try rows(text) }
    }

    @Test func refusesATraceWithoutItsHeader() {
        #expect(throws: InputError.missingHeader) { try rows("{}\n", as: .llmTrace) }
    }
}
