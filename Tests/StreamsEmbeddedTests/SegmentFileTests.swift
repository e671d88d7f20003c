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
        var writer = try create(base)
        for (number, payload) in payloads.enumerated() {
            try writer.append(payload.span, kind: 7, flags: 1, count: 3)
            if number % group == group - 1 { try writer.sync() }
        }
        try writer.sync()
        return writer.segment
    }

    /// Begins a segment with a first frame of 48 bytes.
    private func create(_ base: Int) throws -> SegmentWriter {
        try SegmentWriter(creating: base, in: segments, first: nothing.span, kind: 6)
    }

    private func read(_ segment: SegmentFile) throws -> ([[UInt8]], SegmentFile.Tail) {
        var payloads: [[UInt8]] = []
        let tail = try segment.inspect { frame, payload in
            #expect(frame.header.kind == (frame.position == 0 ? 6 : 7))
            if frame.position == 0 { return }
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
        #expect(tail.end == 5 * FrameHeader.byteCount + 53)
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

    /// Where the frames of a segment of ``payloads`` end, the first one left out.
    private let ends = [48, 96, 145, 195, 293]

    /// Cut anywhere behind its first frame, the file holds the frames that are whole, and the rest is
    /// torn; the first one has been durable before the file had its name.
    @Test func aCutAnywhereLeavesWholeFrames() throws {
        let segment = try write(payloads, group: 1)
        let bytes = try contents(segment.path)
        for size in 0...bytes.count {
            try put(Array(bytes[..<size]), at: segment.path)
            let opened = try segments.open(10, .update)
            guard size >= ends[0] else {
                #expect(throws: StorageError.self) { try read(opened) }
                continue
            }
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
        try put(Array(bytes[..<96] + bytes[145...]), at: segment.path)
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
        #expect(bases == [10, 10, 13, 16, 19])
        #expect(scanner.position == 293)
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
        var writer = try create(0)
        try writer.append(nothing.span, kind: 7, count: 5)
        try writer.sync()
        try writer.roll(nothing.span, kind: 6)
        try writer.append(nothing.span, kind: 7, count: 2)
        try writer.sync()
        #expect(try segments.bases() == [0, 5])
        #expect(try read(segments.open(5)).1.nextBase == 7)
        #expect(throws: StorageError.self) { try create(5) }
        #expect(try folder.files().count == 2)
    }

    /// Torn in the middle of entries that look like frames, the tail is cut all the same.
    @Test func framesThatWereHandedInAreNotTakenForOurs() throws {
        var writer = try create(10)
        let first = payloads[3]
        try writer.append(first.span, kind: 7, count: 3)
        try writer.sync()
        let start = writer.end
        let handedIn =
            forgedFrame(base: 13) + forgedFrame(base: 16, secret: 7) + [1] + forgedFrame(base: 13)
        let header = FrameHeader(handedIn.span)
        #expect(header != nil)
        for _ in 0..<2 { try writer.append(handedIn.span, kind: 7, count: 3) }
        let whole = try contents(writer.segment.path)
        for size in start + 1..<whole.count {
            try put(Array(whole[..<size]), at: writer.segment.path)
            let tail = try read(segments.open(10)).1
            let middle = start + FrameHeader.byteCount + handedIn.count
            #expect(tail.end == (size < middle ? start : middle), "\(size)")
            #expect(tail.isTorn == (size != middle), "\(size)")
        }
        // What lies before the handed-in frames has not come to the disk, they have.
        for lost in [start..<start + 48, start + 40..<start + 60, start..<start + 30] {
            var torn = whole
            for index in lost { torn[index] = 0 }
            try put(Array(torn[..<(whole.count - 1)]), at: writer.segment.path)
            let tail = try read(segments.open(10)).1
            #expect(tail.isTorn && tail.end == start, "\(lost)")
        }
    }

    /// Going on after damage, the check finds the next frame that was written, not one in a payload.
    @Test func theNextFrameAfterDamageIsOneThatWasWritten() throws {
        var writer = try create(10)
        let handedIn = forgedFrame(base: 13)
        let start = try writer.append(handedIn.span, kind: 7, count: 3)
        let last = payloads[3]
        let next = try writer.append(last.span, kind: 7, count: 3)
        try writer.sync()
        let size = writer.end
        let found = try writer.segment.findFrame(from: start + 1, upTo: size)
        #expect(found == next)
    }

    /// A frame of another segment is not taken for one of this, though its numbers go on.
    @Test func aFrameThatWasWrittenElsewhereIsFound() throws {
        let segment = try write(payloads, group: 1)
        let bytes = try contents(segment.path)
        try Folder.removeFile(segment.path)
        let other = try contents(try write(payloads, group: 1).path)
        #expect(bytes != other)
        try put(Array(bytes[..<195] + other[195...]), at: segment.path)
        #expect(try read(segments.open(10)).1.end == 195)
    }
}
