import Streams
import StreamsEmbedded
import Testing

/// What is found when a log is opened after a crash, or after damage.
@Suite struct RecoveryTests {
    let folder: TemporaryFolder
    let log: String
    var segment: String { log + "/0/00000000000000000000.log" }
    var end: String { log + "/0/end" }

    init() async throws {
        folder = try TemporaryFolder()
        log = folder / "log"
        try await EmbeddedEventLog.create(log)
    }

    /// Appends a record after the other and returns the segment's size before and after each.
    private func append(_ range: Range<Int>) async throws -> [Int] {
        let appender = try await EmbeddedAppender.open(log)
        var sizes = [try contents(segment).count]
        for index in range {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
            sizes.append(try contents(segment).count)
        }
        await appender.close()
        return sizes
    }

    private func open(floor: Int = 0) async throws -> EmbeddedAppender {
        try await EmbeddedAppender.open(log, floors: [floor])
    }

    /// Cut at any length, the log is what it was after some append, and takes the rest again.
    @Test func aCrashAtEveryLengthKeepsWholeAppends() async throws {
        let published = try contents(end)
        let sizes = try await append(0..<4)
        let bytes = try contents(segment)
        for size in sizes[0]...bytes.count {
            try put(Array(bytes[..<size]), at: segment)
            // What was published before the first append: a power failure may forget the rest.
            try put(published, at: end)
            let whole = sizes.lastIndex { $0 <= size } ?? 0
            let appender = try await open()
            let cut = appender.report.cuts.first
            #expect((cut == nil) == sizes.contains(size))
            #expect(cut == nil || (cut?.from == sizes[whole] && cut?.to == size))
            #expect(await appender.end() == whole)
            let repeated = try await appender.append(AppendBatch(values(0..<4), of: "p", from: 0))
            #expect(repeated == Appended(offsets: whole..<4, alreadyThere: whole))
            await appender.close()
            #expect(try await readLog(log) == plain(0..<4))
        }
    }

    /// A letter keeps bytes that others have handed in, whatever they look like: a crash in the middle
    /// of its append leaves a torn tail, not damage.
    @Test func aLetterThatLooksLikeFramesIsTornLikeAnyOther() async throws {
        let published = try contents(end)
        _ = try await append(0..<2)
        let size = try contents(segment).count
        let forged = forgedFrame(base: 2)
        let letter = IngestLetter(
            id: "1",
            source: "s",
            line: 1,
            row: 1,
            offset: 0,
            reason: "invalid",
            message: "no event",
            bytes: forged + forged + [0] + forged
        )
        let appender = try await open()
        try await appender.append(AppendBatch(journal: [.letter(letter)]))
        await appender.close()
        let bytes = try contents(segment)
        for count in stride(from: size + 1, to: bytes.count, by: 3) {
            try put(Array(bytes[..<count]), at: segment)
            try put(published, at: end)
            let again = try await open()
            #expect(again.report.cuts.first?.from == size, "\(count)")
            #expect(await again.end() == 2)
            await again.close()
        }
    }

    /// Below what was published as durable nothing is cut, whatever it looks like.
    @Test func whatWasPublishedIsNeverCut() async throws {
        let sizes = try await append(0..<3)
        let bytes = try contents(segment)
        for size in sizes[2]..<bytes.count {
            try put(Array(bytes[..<size]), at: segment)
            await #expect(throws: StorageError.self) { try await open() }
            #expect(try contents(segment).count == size)
        }
    }

    @Test func nothingIsCutBelowTheFloor() async throws {
        let published = try contents(end)
        let sizes = try await append(0..<3)
        try truncate(segment, to: sizes[2] + 7)
        try put(published, at: end)
        await #expect(throws: StorageError.self) { try await open(floor: 3) }
        #expect(try contents(segment).count == sizes[2] + 7)
        try truncate(segment, to: sizes[2])
        await #expect(throws: StorageError.endsBelow(path: segment, end: 2, required: 3)) {
            try await open(floor: 3)
        }
        #expect(await (try open(floor: 2)).end() == 2)
    }

    /// A flipped bit in the last append may be a torn tail, if nothing says that it was durable;
    /// anywhere before it is damage, and nothing is changed.
    @Test func damageInTheMiddleIsRefused() async throws {
        let published = try contents(end)
        let sizes = try await append(0..<3)
        let bytes = try contents(segment)
        for index in 0..<sizes[2] {
            var flipped = bytes
            flipped[index] ^= 1 << (index % 8)
            try put(flipped, at: segment)
            try put(published, at: end)
            await #expect(throws: StorageError.self, "byte \(index)") { try await open() }
            #expect(try contents(segment) == flipped)
        }
    }

    @Test func anEndThatIsMissingIsMadeAnewAndReported() async throws {
        _ = try await append(0..<3)
        try Folder.removeFile(end)
        await #expect(throws: StorageError.self) { try await readLog(log) }
        let appender = try await open()
        #expect(appender.report.rewritten == [end])
        #expect(try await readLog(log) == plain(0..<3))
    }

    /// A new segment has its name only when it is whole: without, what a crash has left counts for
    /// nothing; with it, a first frame that is not right is damage.
    @Test func rollingCutShortLeavesNothingBehind() async throws {
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 300)
        for index in 0..<6 {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
        }
        await appender.close()
        let next = log + "/0/00000000000000000006.log"
        for bytes in [[], Array(try contents(segment)[..<20])] {
            try put(bytes, at: next + ".new")
            let again = try await open()
            #expect(await again.end() == 6)
            #expect(again.report.isClean)
            #expect(await again.mark(of: "p") == 5)
            await again.close()
            try put(bytes, at: next)
            await #expect(throws: StorageError.self) { try await open() }
            #expect(try contents(next) == bytes)
            try Folder.removeFile(next)
        }
        let again = try await EmbeddedAppender.open(log, segmentLimit: 1)
        try await again.append(AppendBatch(values(6..<7), of: "p", from: 6))
        await again.close()
        #expect(Folder.exists(next) && !Folder.exists(next + ".new"))
        #expect(try await readLog(log) == plain(0..<7))
    }

    /// Where one partition is damaged, the torn tail of another one stays as it is.
    @Test func nothingIsCutUnlessEveryPartitionIsRight() async throws {
        let log = folder / "two"
        try await EmbeddedEventLog.create(log, partitions: 2)
        let appender = try await EmbeddedAppender.open(log)
        for partition in 0..<2 {
            try await appender.append(AppendBatch(values(0..<3)), to: partition)
        }
        await appender.close()
        let files = (0..<2).map { log + "/\($0)/00000000000000000000.log" }
        let torn = try contents(files[0]) + [1, 2, 3]
        try put(torn, at: files[0])
        try flip(files[1], at: 60, bit: 1)
        await #expect(throws: StorageError.self) { try await EmbeddedAppender.open(log) }
        #expect(try contents(files[0]) == torn)
        try flip(files[1], at: 60, bit: 1)
        let again = try await EmbeddedAppender.open(log)
        #expect(again.report.cuts.map(\.path) == [files[0]])
        #expect(try contents(files[0]).count == torn.count - 3)
    }

    @Test func aSegmentThatIsGoneIsFound() async throws {
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 300)
        for index in 0..<9 {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
        }
        await appender.close()
        let segments = try folder.files().filter { $0.hasSuffix(".log") }
        try #require(segments.count >= 3)
        for segment in segments {
            let bytes = try contents(segment)
            try Folder.removeFile(segment)
            #expect(await !EmbeddedEventLog.verify(log).isSound)
            await #expect(throws: (any Error).self) { try await readLog(log) }
            try put(bytes, at: segment)
        }
        #expect(await EmbeddedEventLog.verify(log).isSound)
        try Folder.removeFile(segments[segments.count - 1])
        await #expect(throws: StorageError.self) { try await open() }
    }

    /// Every bit of every file counts: the check finds it, and no reader is given other bytes.
    @Test func aFlippedBitAnywhereIsFound() async throws {
        let appender = try await EmbeddedAppender.open(log, segmentLimit: 300)
        for index in 0..<4 {
            try await appender.append(AppendBatch(values(index..<index + 1), of: "p", from: index))
        }
        await appender.close()
        let files = try folder.files().filter { !$0.hasSuffix(".lock") }
        #expect(files.count == 4)
        #expect(await EmbeddedEventLog.verify(log).isSound)
        for path in files {
            for index in try contents(path).indices {
                // The slots' thousands of zeros are checked in steps, as one checksum covers them.
                if path == end, index % 4_096 > 64, index % 61 != 0 { continue }
                try flip(path, at: index, bit: index % 8)
                let found = await EmbeddedEventLog.verify(log)
                #expect(!found.isSound, "byte \(index) of \(path)")
                #expect(found.problems.first.map { path.hasPrefix($0.path) } == true)
                if let records = try? await readLog(log) {
                    #expect(records == Array(plain(0..<4)[..<records.count]))
                }
                try flip(path, at: index, bit: index % 8)
            }
        }
    }
}
