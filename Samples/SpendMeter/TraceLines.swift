import Streams

/// One line of the trace: not its text, but where that text lies in the chunk's arena.
///
/// Elements that cross a graph are plain memory. A text for each would be an allocation for each;
/// a range costs sixteen bytes, and a refused line still carries its bytes to the dead letters.
struct Line: ArenaElement {
    let range: Range<Int>
    /// The line's place in the file, from 0; it is also its offset in the source.
    let row: Int
}

/// The lines of a trace after its first, which names the columns.
struct TraceLines: Source {
    /// A file can be read again, so this flow may end in an exactly-once sink, too.
    typealias Replay = Replayable

    private let bytes: [UInt8]
    private var position: Int
    private var row = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    }

    mutating func poll(into chunk: inout Chunk<Line>, limit: ChunkLimit) -> Pulled {
        let first = row
        while position < bytes.count, chunk.elements.count < limit.elements,
            chunk.bytes.count < limit.bytes
        {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let start = chunk.bytes.count
            chunk.bytes += bytes[position..<end]
            if chunk.bytes.count > start, chunk.bytes.last == UInt8(ascii: "\r") {
                chunk.bytes.removeLast()
            }
            chunk.elements.append(Line(range: start..<chunk.bytes.count, row: row))
            row += 1
            position = min(end + 1, bytes.count)
        }
        // The offsets say what the chunk stands for: whoever acknowledges it acknowledges these.
        return first == row
            ? .finished : .elements(OffsetRange(partition: 0, lower: first, upper: row))
    }
}
