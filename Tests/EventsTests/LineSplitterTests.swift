import Events
import StreamsTesting
import Testing

@Suite struct LineSplitterTests {
    private func lines(
        _ bytes: [UInt8],
        limit: Int = 1 << 20,
        blocks: (inout Int) -> Int = { $0 }
    ) -> [(LineSplitter.Line, [UInt8])] {
        var splitter = LineSplitter(limit: limit)
        var lines: [(LineSplitter.Line, [UInt8])] = []
        func take(_ line: LineSplitter.Line, _ bytes: Span<UInt8>) {
            lines.append((line, bytes.indices.map { bytes[$0] }))
        }
        var start = 0
        while start < bytes.count {
            var left = bytes.count - start
            let end = start + blocks(&left)
            splitter.feed(bytes.span.extracting(start..<end), take)
            start = end
        }
        splitter.finish(take)
        return lines
    }

    /// However a file is cut into blocks, its lines are those that a naive splitter finds.
    @Test(arguments: UInt64(0)..<50)
    func findsTheSameLinesInAnyBlocks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("abcdefghij\u{0}\n\n\r".utf8)
        var bytes: [UInt8] = Bool.random(using: &random) ? [0xef, 0xbb, 0xbf] : []
        for _ in 0..<Int.random(in: 0...600, using: &random) {
            bytes.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
        }
        let limit = Int.random(in: 3...40, using: &random)
        let blocks = 1...Int.random(in: 1...50, using: &random)

        let found = lines(bytes, limit: limit) { min($0, Int.random(in: blocks, using: &random)) }

        var expected: [[UInt8]] = bytes.split(
            separator: 0x0a,
            omittingEmptySubsequences: false
        ).map { Array($0) }
        if expected.last == [] { expected.removeLast() }
        #expect(found.count == expected.count)
        var start = 0
        for (index, (line, kept)) in found.enumerated() {
            var content = expected[index]
            #expect(line.number == index + 1)
            #expect(line.start == start)
            start += content.count + (index < expected.count - 1 || bytes.last == 0x0a ? 1 : 0)
            #expect(line.end == start)
            if content.last == 0x0d { content.removeLast() }
            if index == 0, content.starts(with: [0xef, 0xbb, 0xbf]) { content.removeFirst(3) }
            #expect(line.byteCount == content.count)
            #expect(kept.count >= min(content.count, limit - 3))
            #expect(kept == Array(content.prefix(kept.count)))
            #expect(line.isCut == (content.count > kept.count))
            #expect(!line.isCut || content.count > limit - 3)
        }
        #expect(start == bytes.count)
    }

    /// A line of 10 MB costs its limit, and those around it are whole.
    @Test func boundsALongLine() {
        let bytes =
            Array("first\n".utf8) + [UInt8](repeating: 0x78, count: 10_000_000)
            + Array("\nlast".utf8)
        let found = lines(bytes) { min($0, 65_536) }
        #expect(found.map(\.0.byteCount) == [5, 10_000_000, 4])
        #expect(found.map(\.0.isCut) == [false, true, false])
        #expect(found.map(\.1.count) == [5, 1 << 20, 4])
        #expect(lines(bytes)[1].1.count == 1 << 20)
    }
}
