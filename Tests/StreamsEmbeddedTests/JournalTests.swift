import Streams
import StreamsEmbedded
import Synchronization
import Testing

@Suite struct JournalTests {
    let folder: TemporaryFolder
    let log: String

    init() async throws {
        folder = try TemporaryFolder()
        log = folder / "log"
        try await EmbeddedEventLog.create(log)
    }

    private func letter(_ line: Int) -> IngestLetter {
        IngestLetter(
            id: "letter-\(line)",
            source: "trace.csv",
            line: line,
            row: line + 3,
            offset: line * 10,
            reason: "malformed_row",
            message: "line \(line): expected a number",
            bytes: Array("row \(line)".utf8)
        )
    }

    private func progress(_ rows: Int) -> SourceProgress {
        SourceProgress(
            source: "trace.csv",
            rows: rows,
            bytes: rows * 10,
            digest: Array(repeating: UInt8(rows), count: 32)
        )
    }

    /// Rows from `rows`, of which every tenth is a letter, with the progress behind them.
    private func batch(_ rows: Range<Int>) -> AppendBatch {
        var batch = AppendBatch()
        for row in rows {
            if row % 10 == 9 {
                batch.journal.append(.letter(letter(row)))
            } else {
                batch.add(Array("row \(row)".utf8), of: "trace.csv", row)
            }
        }
        batch.journal.append(.progress(progress(rows.upperBound)))
        return batch
    }

    private func letters() async throws -> [StoredLetter] {
        let found = Box<[StoredLetter]>([])
        try await EmbeddedEventLog.open(log).letters { letter in
            found.value.withLock { $0.append(letter) }
            return true
        }
        return found.value.withLock { $0 }
    }

    @Test(arguments: [300, 1 << 20])
    func progressAndLettersComeWithTheirRecords(segmentLimit: Int) async throws {
        var appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        #expect(await appender.progress(of: "trace.csv") == nil)
        try await appender.append(batch(0..<15))
        try await appender.append(batch(15..<40))
        // From the beginning again, in other pieces.
        #expect(try await appender.append(batch(0..<20)).alreadyThere == 18)
        #expect(try await appender.append(batch(20..<40)).alreadyThere == 18)
        await appender.close()
        appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        #expect(try await appender.append(batch(0..<40)).alreadyThere == 36)
        #expect(await appender.progress(of: "trace.csv") == progress(40))
        #expect(await appender.mark(of: "trace.csv") == 38)

        let member = try await EmbeddedEventLog.open(log)
        #expect(try await member.progress(of: "trace.csv") == progress(40))
        #expect(try await member.progress(of: "other") == nil)
        #expect(try await letters().map(\.letter) == [9, 19, 29, 39].map(letter))
        let status = try await member.status()[0]
        #expect((status.end, status.letters, status.redriven) == (36, 4, 0))
        #expect(await EmbeddedEventLog.verify(log).problems == [])
    }

    @Test(arguments: [300, 1 << 20])
    func aLetterIsSentAgainOnce(segmentLimit: Int) async throws {
        var appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        try await appender.append(batch(0..<20))
        var again = AppendBatch([Array("mended".utf8)], of: "trace.csv")
        again.journal = [.redriven(letter: "letter-9", record: 0)]
        #expect(try await appender.append(again) == Appended(offsets: 18..<19, alreadyThere: 0))
        #expect(try await appender.append(again) == Appended(offsets: 19..<19, alreadyThere: 1))
        try await appender.append(batch(20..<30))
        await appender.close()
        appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        #expect(try await appender.append(again).alreadyThere == 1)
        #expect(await appender.redriven("letter-9") == 18)
        #expect(await appender.redriven("letter-19") == nil)

        #expect(try await letters().map(\.redrivenAt) == [18, nil, nil])
        let member = try await EmbeddedEventLog.open(log)
        #expect(try await member.letter("letter-9")?.redrivenAt == 18)
        #expect(try await member.letter("letter-19")?.letter == letter(19))
        #expect(try await member.letter("letter-8") == nil)
        #expect(try await member.redriven() == ["letter-9": 18])
        #expect(try await member.status()[0].redriven == 1)
    }

    @Test func aJournalAloneIsAppended() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let batch = AppendBatch(journal: [.letter(letter(1)), .progress(progress(1))])
        #expect(try await appender.append(batch).offsets.isEmpty)
        try await appender.append(AppendBatch(values(0..<1), of: "p", from: 0))
        #expect(try await letters().map(\.letter.line) == [1])
        #expect(try await readLog(log) == plain(0..<1))
    }

    @Test func aLongInputIsKeptInPart() {
        let bytes = [UInt8](repeating: 7, count: IngestLetter.bytesLimit + 5)
        let letter = IngestLetter(
            id: "1",
            source: "s",
            line: 1,
            row: 1,
            offset: 0,
            reason: "too_large",
            message: "",
            bytes: bytes
        )
        #expect(letter.bytes.count == IngestLetter.bytesLimit)
        #expect(letter.byteCount == bytes.count)
        #expect(!letter.isWhole)
    }
}
