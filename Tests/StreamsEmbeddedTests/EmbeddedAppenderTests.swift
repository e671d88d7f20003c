import Foundation
import Streams
import StreamsEmbedded
import StreamsTesting
import Testing

@Suite struct EmbeddedAppenderTests {
    let folder: TemporaryFolder
    let log: String

    init() async throws {
        folder = try TemporaryFolder()
        log = folder / "log"
        try await EmbeddedEventLog.create(log)
    }

    @Test func recordsAreReadAsTheyWereAppended() async throws {
        let appender = try await EmbeddedAppender.open(log)
        #expect(appender.report.isClean)
        let first = try await appender.append(AppendBatch(values(0..<3), of: "p", from: 0))
        #expect(first == Appended(offsets: 0..<3, alreadyThere: 0))
        let second = try await appender.append(AppendBatch(values(3..<5), of: "p", from: 3))
        #expect(second.offsets == 3..<5)
        #expect(try await readLog(log) == plain(0..<5))
        #expect(await appender.end() == 5)
    }

    @Test func anAppendOfNothingAddsNothing() async throws {
        let appender = try await EmbeddedAppender.open(log)
        #expect(
            try await appender.append(AppendBatch()) == Appended(offsets: 0..<0, alreadyThere: 0)
        )
        #expect(try await readLog(log).isEmpty)
    }

    /// Whatever is sent, in whatever pieces and however often, is there once, in order; so too when
    /// the log is opened again in between, and when segments are small.
    @Test(arguments: UInt64(0)..<24)
    func theSameRecordTwiceAddsNothing(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let segmentLimit = [400, 2_000, 1 << 20][Int(seed % 3)]
        var appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
        var expected: [PlainRecord] = []
        var marks: [String: Int] = [:]
        for round in 0..<30 {
            var batch = AppendBatch()
            var alreadyThere = 0
            let before = expected.count
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let producer = ["a", "b", "cc", ""][Int.random(in: 0...3, using: &random)]
                let mark = marks[producer] ?? -1
                let sequence = producer.isEmpty ? -1 : Int.random(in: -1...mark + 3, using: &random)
                let value = Array("\(round) \(producer) \(sequence)".utf8)
                batch.add(value, of: producer, sequence)
                if sequence >= 0, sequence <= mark {
                    alreadyThere += 1
                    continue
                }
                if sequence >= 0 { marks[producer] = sequence }
                expected.append(
                    PlainRecord(
                        offset: expected.count,
                        value: value,
                        producer: producer,
                        sequence: sequence
                    )
                )
            }
            let appended = try await appender.append(batch)
            #expect(appended.alreadyThere == alreadyThere)
            #expect(appended.offsets == before..<expected.count)
            if Bool.random(using: &random) {
                await appender.close()
                appender = try await EmbeddedAppender.open(log, segmentLimit: segmentLimit)
                #expect(appender.report.isClean)
            }
        }
        #expect(try await readLog(log) == expected)
        for (producer, mark) in marks { #expect(await appender.mark(of: producer) == mark) }
        let verification = await EmbeddedEventLog.verify(log)
        #expect(verification.problems == [])
        #expect(verification.records == expected.count)
    }

    @Test func appendsThatArriveTogetherShareASync() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let before = try DoubleSlotFile.read(log + "/0/end").generation
        let pending = (0..<200).map { index in
            appender.submit(AppendBatch([values(index..<index + 1)[0]], of: "p", from: index))
        }
        for (index, append) in pending.enumerated() {
            #expect(try await append.result().offsets == index..<index + 1)
        }
        let syncs = try DoubleSlotFile.read(log + "/0/end").generation - before
        #expect(syncs < 150, "200 appends took \(syncs) syncs")
        #expect(try await readLog(log) == plain(0..<200))
    }

    @Test func whatIsTooLargeIsRefusedWithNothingAdded() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let large = [UInt8](repeating: 1, count: AppendBatch.recordLimit + 1)
        let error = EventLogError.recordTooLarge(
            byteCount: large.count,
            limit: AppendBatch.recordLimit
        )
        let batch = AppendBatch([[1], large], of: "p", from: 0)
        await #expect(throws: error) {
            try await appender.append(batch.records, in: batch.bytes, to: 0)
        }
        await #expect(throws: EventLogError.noSuchPartition(1)) {
            try await appender.append([], in: [], to: 1)
        }
        #expect(
            try await appender.append(AppendBatch(values(0..<1), of: "p", from: 0)).offsets == 0..<1
        )
    }

    /// What a partition keeps for good is bounded; what it knows goes on.
    @Test func whatIsKeptForGoodIsBounded() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let digest = [UInt8](repeating: 1, count: 1 << 20)
        func batch(_ source: Int, rows: Int) -> AppendBatch {
            var batch = AppendBatch([[1]])
            let progress = SourceProgress(
                source: "\(source)",
                rows: rows,
                bytes: 0,
                digest: digest
            )
            batch.journal = [.progress(progress)]
            return batch
        }
        for source in 0..<15 { try await appender.append(batch(source, rows: 1)) }
        await #expect(throws: StorageError.self) {
            for source in 15..<17 { try await appender.append(batch(source, rows: 1)) }
        }
        try await appender.append(AppendBatch([[1]], of: "p", from: 0))
        #expect(await appender.progress(of: "0")?.rows == 1)
        #expect(await appender.end() == 16)
    }

    @Test func aSecondAppenderIsToldWhoHoldsTheRole() async throws {
        let appender = try await EmbeddedAppender.open(log)
        let held = StorageError.held(
            path: log + "/append.lock",
            pid: Int(ProcessInfo.processInfo.processIdentifier)
        )
        await #expect(throws: held) { try await EmbeddedAppender.open(log) }
        await appender.close()
        await #expect(throws: StorageError.closed(path: log)) {
            try await appender.append(AppendBatch(values(0..<1)))
        }
        _ = try await EmbeddedAppender.open(log)
    }

    @Test func aFolderOfANewerVersionIsRefused() async throws {
        try put(Array("caracal event-log 3\n".utf8), at: log + "/format")
        let newer = StorageError.newerVersion(path: log, found: 3, known: 2)
        await #expect(throws: newer) { try await EmbeddedAppender.open(log) }
        await #expect(throws: newer) { try await EmbeddedEventLog.open(log) }
        #expect(await EmbeddedEventLog.verify(log).problemCount == 1)
    }

    @Test func aFolderWithoutALogIsRefused() async throws {
        let other = folder / "other"
        await #expect(throws: StorageError.notAFolder(path: other)) {
            try await EmbeddedAppender.open(other)
        }
        await #expect(throws: StorageError.self) { try await EmbeddedEventLog.create(log) }
        #expect(try await readLog(log).isEmpty)
        try put([], at: folder / "file")
        let error = FileError(.notADirectory, operation: "create", path: folder / "file/log/0")
        await #expect(throws: StorageError.file(error)) {
            try await EmbeddedEventLog.create(folder / "file/log")
        }
    }

    @Test func partitionsAreApart() async throws {
        let log = folder / "two"
        try await EmbeddedEventLog.create(log, partitions: 2)
        let appender = try await EmbeddedAppender.open(log)
        let batch = AppendBatch(values(0..<2), of: "p", from: 0)
        #expect(try await appender.append(batch, to: 1).offsets == 0..<2)
        #expect(try await appender.append(batch, to: 0).offsets == 0..<2)
        #expect(try await appender.append(batch, to: 1).alreadyThere == 2)
        #expect(try await EmbeddedEventLog.open(log).status().map(\.end) == [2, 2])
    }

    /// A limit on a file's size stands for a full disk: both end a write with an error of that kind.
    @Test func aFullDiskIsAnErrorOfItsOwnAndLosesNothing() async throws {
        let limit = 48 << 20
        try limitFiles(to: limit)
        let appender = try await EmbeddedAppender.open(log)
        var count = 0
        var refusal: FileError?
        while refusal == nil, count < 100 {
            let value = [UInt8](repeating: UInt8(count), count: 1 << 20)
            do throws(StorageError) {
                try await appender.append(AppendBatch([value], of: "p", from: count))
                count += 1
            } catch {
                if case .file(let error) = error { refusal = error }
            }
        }
        #expect(refusal?.kind == .diskFull)
        #expect(refusal?.offset == limit)
        #expect((40..<48).contains(count))
        await #expect(throws: StorageError.self) {
            try await appender.append(AppendBatch([[1]], of: "p", from: count))
        }
        await appender.close()

        let again = try await EmbeddedAppender.open(log, segmentLimit: 1 << 20)
        #expect(again.report.cuts.count == 1)
        #expect(await again.end() == count)
        #expect(try await again.append(AppendBatch([[1]], of: "p", from: count)).offsets.count == 1)
        #expect(await EmbeddedEventLog.verify(log).problems == [])
    }
}

/// Has the process write no file beyond `size` bytes, which no other test does.
private func limitFiles(to size: Int) throws {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
    limit.rlim_cur = rlim_t(size)
    try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
