import StreamsEmbedded
import StreamsTesting
import Testing

@Suite struct SegmentFileTests {
    let folder: TemporaryFolder
    let segments: SegmentFolder

    init() throws {
        folder = try TemporaryFolder()
        segments = SegmentFolder(folder.path, suffix: ".log")
    }

    /// Writes `payloads`, each a frame of three things, in groups of `group` with one sync each.
    private func write(_ payloads: [[UInt8]], group: Int, base: Int = 10) throws -> SegmentFile {
        var writer = try SegmentWriter(creating: base, in: segments)
        for (number, payload) in payloads.enumerated() {
            try writer.append(payload.span, kind: 7, flags: 1, count: 3)
            if number % group == group - 1 { try writer.sync() }
        }
        try writer.sync()
        return writer.segment
    }

    private func read(_ segment: SegmentFile) throws -> ([[UInt8]], SegmentFile.Tail) {
        var payloads: [[UInt8]] = []
        let tail = try segment.inspect { frame, payload in
            #expect(frame.header.kind == 7)
            payloads.append(payload.indices.map { payload[$0] })
        }
        return (payloads, tail)
    }

    private let nothing: [UInt8] = []
    private let payloads: [[UInt8]] = [[], [1], [2, 2], Array(repeating: 3, count: 50)]

    @Test func framesAreReadAsTheyWereWritten() throws {
        let segment = try write(payloads, group: 1)
        let (found, tail) = try read(segment)
        #expect(found == payloads)
        #expect(tail.nextBase == 22)
        #expect(tail.end == 4 * FrameHeader.byteCount + 53)
        #expect(!tail.isTorn)
        #expect(try segments.bases() == [10])
    }

    @Test func largeFramesCrossTheWindow() throws {
        var random = SeededGenerator(seed: 1)
        let payloads = (0..<20).map { _ in
            [UInt8](
                repeating: .random(in: 0...255, using: &random),
                count: .random(in: 0...400_000, using: &random)
            )
        }
        #expect(try read(write(payloads, group: 3)).0 == payloads)
    }

    /// Cut anywhere, the file holds the frames that are whole, and the rest is torn.
    @Test func aCutAnywhereLeavesWholeFrames() throws {
        let segment = try write(payloads, group: 1)
        let bytes = try contents(segment.path)
        let ends = [0, 40, 81, 123, 213]
        for size in 0...bytes.count {
            try put(Array(bytes[..<size]), at: segment.path)
            let opened = try segments.open(10, .update)
            let whole = ends.lastIndex { $0 <= size } ?? 0
            let (found, tail) = try read(opened)
            #expect(found == Array(payloads[..<whole]))
            #expect(tail.isTorn == !ends.contains(size))
            try opened.cut(tail)
            let (again, clean) = try read(opened)
            #expect(again == found)
            #expect(!clean.isTorn && clean.size == ends[whole])
        }
    }

    /// Where a later frame says that it was durable, a flipped bit is damage; in the last one it may
    /// be a torn tail, which only the owner's floor can tell.
    @Test(arguments: [1, 2, 4])
    func everyFlippedBitIsDamageOrATornTail(group: Int) throws {
        let segment = try write(payloads, group: group)
        let bytes = try contents(segment.path)
        let ends = [0, 40, 81, 123, 213]
        // From here on nothing says that the bytes were durable.
        let lastGroup = ends[4 - group]
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << (index % 8)
            try put(flipped, at: segment.path)
            let opened = try segments.open(10)
            if index < lastGroup {
                #expect(throws: StorageError.self, "byte \(index)") { try read(opened) }
            } else {
                let tail = try read(opened).1
                #expect(tail.isTorn && tail.end <= index)
            }
        }
    }

    @Test func aFrameThatIsTakenOutIsFound() throws {
        let segment = try write(payloads, group: 4)
        let bytes = try contents(segment.path)
        try put(Array(bytes[..<40] + bytes[81...]), at: segment.path)
        #expect(throws: StorageError.self) { try read(segments.open(10)) }
    }

    @Test func aSegmentUnderAnothersNameIsFound() throws {
        let segment = try write(payloads, group: 1)
        try put(try contents(segment.path), at: segments.path(of: 11))
        #expect(throws: StorageError.self) { try read(segments.open(11)) }
    }

    @Test func headersAloneAreReadQuickly() throws {
        let segment = try write(payloads, group: 1)
        let file = segment.file
        var scanner = FrameScanner(file, upTo: try file.size, base: 10, window: 64)
        var bases: [Int] = []
        while case .frame(let frame) = try scanner.nextHeader() { bases.append(frame.header.base) }
        #expect(bases == [10, 13, 16, 19])
        #expect(scanner.position == 213)
    }

    @Test func numbersAreFoundBySegment() throws {
        #expect(SegmentFolder.index(holding: 5, in: [0, 10, 20]) == 0)
        #expect(SegmentFolder.index(holding: 10, in: [0, 10, 20]) == 1)
        #expect(SegmentFolder.index(holding: 99, in: [0, 10, 20]) == 2)
        #expect(SegmentFolder.index(holding: 5, in: [6]) == nil)
        try put([], at: folder / "7.log")
        #expect(throws: StorageError.self) { try segments.bases() }
    }

    @Test func rollingBeginsAFileWithTheNextNumber() throws {
        var writer = try SegmentWriter(creating: 0, in: segments)
        try writer.append(nothing.span, kind: 7, count: 5)
        try writer.sync()
        try writer.roll()
        try writer.append(nothing.span, kind: 7, count: 2)
        try writer.sync()
        #expect(try segments.bases() == [0, 5])
        #expect(try read(segments.open(5)).1.nextBase == 7)
        #expect(throws: StorageError.self) { try segments.create(5) }
    }
}
