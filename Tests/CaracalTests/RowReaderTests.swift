import Cryptography
import Foundation
import Testing

@testable import caracal

@Suite struct RowReaderTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(arguments: [
        ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb", ["a", "b"]),
        ("a\n\n\r\nb\r", ["a", "", "", "b"]), ("\ra\r\r\n", ["\ra\r"]),
    ])
    func splitsLines(text: String, lines: [String]) throws {
        let rows = try read(Array(text.utf8))
        #expect(rows.map { String(decoding: $0.content, as: UTF8.self) } == lines)
        #expect(rows.map(\.row.line) == Array(1..<lines.count + 1))
        #expect(rows.last.map(\.row.end) ?? 0 == text.utf8.count)
    }

    /// Lines around the sizes at which the reader reads, keeps and forgets.
    @Test(arguments: [UInt8(10), 13])
    func keepsItsPlaceAroundLongLines(before: UInt8) throws {
        let limit = RowReader.lineLimit
        let sizes = [
            3, limit - 1, limit, limit + 1, 0, 3 * limit + 7, 1,
        ]
        var bytes: [UInt8] = []
        for (number, size) in sizes.enumerated() {
            bytes += repeatElement(UInt8(65 + number), count: size)
            if before == 13 { bytes.append(13) }
            bytes.append(10)
        }
        let rows = try read(bytes)
        #expect(rows.count == sizes.count)
        var offset = 0
        var stream = SHA256.Stream()
        for (number, (row, content, digest)) in rows.enumerated() where number < sizes.count {
            let size = sizes[number]
            #expect(row.byteCount == size)
            #expect(content.count == min(size, limit))
            #expect(content == Array(repeating: UInt8(65 + number), count: content.count))
            #expect(row.isTooLong == (size > RowReader.rowLimit))
            #expect(row.offset == offset)
            stream.update(bytes.span.extracting(offset..<row.end))
            offset = row.end
            #expect(digest == stream.digest(), "line \(number)")
        }
        #expect(offset == bytes.count)
    }

    @Test func readsAhead() throws {
        let file = scratch("peek")
        try Data("head\nrest\n".utf8).write(to: URL(filePath: file))
        var reader = RowReader(try InputFile(file, wakeDescriptor: -1))
        let start = try reader.peek()
        #expect(String(decoding: start, as: UTF8.self) == "head\nrest\n")
        guard case .row(let row) = try reader.next() else {
            Issue.record("the first line is missing")
            return
        }
        #expect(row.line == 1 && row.byteCount == 4)
    }

    /// Every row with its content, and the digest up to its end.
    private func read(
        _ bytes: [UInt8]
    ) throws -> [(row: RowReader.Row, content: [UInt8], digest: Digest)] {
        let file = scratch("rows")
        try Data(bytes).write(to: URL(filePath: file))
        var reader = RowReader(try InputFile(file, wakeDescriptor: -1))
        var rows: [(RowReader.Row, [UInt8], Digest)] = []
        while case .row(let row) = try reader.next() {
            let content = Array(reader.buffer[row.content])
            rows.append((row, content, reader.digest(upTo: row.end)))
        }
        return rows
    }
}
