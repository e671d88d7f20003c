import Streams
import StreamsEmbedded
import Testing

@Suite struct LogCopyTests {
    /// A copy made while somebody appends is the log as it was at some moment, and a log itself.
    @Test func aCopyIsALogOfItsOwn() async throws {
        let folder = try TemporaryFolder()
        let log = folder / "log"
        try await EmbeddedEventLog.create(log)
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 500)
        try await appender.append(AppendBatch(values(0..<20), of: "p", from: 0))
        async let appended: Void = {
            for index in 20..<200 {
                let batch = AppendBatch(values(index..<index + 1), of: "p", from: index)
                try await appender.append(batch)
            }
        }()
        let copy = folder / "backup/log"
        try await EmbeddedEventLog.copy(log, to: copy)
        try await appended
        let found = try await readLog(copy)
        #expect(found.count >= 20 && found == Array(plain(0..<200)[..<found.count]))
        #expect(await EmbeddedEventLog.verify(copy).problems == [])
        let other = try await EmbeddedAppender.open(copy)
        #expect(other.report.isClean)
        let repeated = try await other.append(AppendBatch(values(0..<200), of: "p", from: 0))
        #expect(repeated == Appended(offsets: found.count..<200, alreadyThere: found.count))
        await #expect(throws: StorageError.self) { try await EmbeddedEventLog.copy(log, to: copy) }
    }
}
