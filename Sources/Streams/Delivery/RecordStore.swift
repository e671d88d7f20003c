/// The records of one partition in memory, with what keeps each record of a producer single.
package struct RecordStore: Sendable {
    private struct Stored {
        let offset: Int
        let bytes: Range<Int>
        /// An index into ``producers``, or -1.
        let producer: Int
        let sequence: Int
    }

    private struct Producer {
        let name: [UInt8]
        /// The highest sequence, or -1.
        var sequence = -1
    }

    /// By rising offset.
    private var records: [Stored] = []
    private var bytes: [UInt8] = []
    private var producers: [Producer] = []
    private var producerIndices: [[UInt8]: Int] = [:]
    /// The first offset that is kept.
    package private(set) var begin = 0
    /// The offset that the next record gets.
    package private(set) var end = 0

    package init() {}

    /// Appends what is new of `added`, whose ranges lie in `arena`; repeats too, if so told.
    package mutating func append(
        _ added: [LogRecord],
        in arena: [UInt8],
        isRepeating: Bool = false
    ) -> Appended {
        let from = end
        var alreadyThere = 0
        for record in added {
            let producer = index(ofProducer: arena[record.producerRange])
            if producer >= 0, record.sequence >= 0 {
                guard isRepeating || record.sequence > producers[producer].sequence else {
                    alreadyThere += 1
                    continue
                }
                producers[producer].sequence = max(producers[producer].sequence, record.sequence)
            }
            let start = bytes.count
            bytes.append(contentsOf: arena[record.range])
            let stored = Stored(
                offset: end,
                bytes: start..<bytes.count,
                producer: producer,
                sequence: record.sequence
            )
            records.append(stored)
            end += 1
        }
        return Appended(offsets: from..<end, alreadyThere: alreadyThere)
    }

    /// Uses up offsets that will never hold a record.
    package mutating func skip(_ count: Int) {
        end += count
    }

    /// Gives no offset below `offset` from now on.
    package mutating func forget(before offset: Int) {
        begin = min(max(begin, offset), end)
    }

    /// Copies records from `offset` on, and before `bound`, into `chunk`.
    ///
    /// - Returns: Where to go on; `offset` itself if there is nothing.
    package func read(
        from offset: Int,
        upTo bound: Int = .max,
        into chunk: inout Chunk<LogRecord>,
        limit: ChunkLimit
    ) -> Int {
        var index = firstIndex(from: offset)
        var latest = -1
        var name = 0..<0
        while index < records.count, records[index].offset < bound,
            chunk.elements.count < limit.elements, chunk.bytes.count < limit.bytes
        {
            let stored = records[index]
            if stored.producer != latest {
                latest = stored.producer
                name = Self.append(latest < 0 ? [] : producers[latest].name[...], to: &chunk.bytes)
            }
            let value = Self.append(bytes[stored.bytes], to: &chunk.bytes)
            let record = LogRecord(
                offset: stored.offset,
                start: UInt32(value.lowerBound),
                count: UInt32(value.count),
                producerStart: UInt32(name.lowerBound),
                producerCount: UInt32(name.count),
                sequence: stored.sequence
            )
            chunk.elements.append(record)
            index += 1
        }
        return max(offset, min(bound, index < records.count ? records[index].offset : end))
    }

    private mutating func index(ofProducer name: ArraySlice<UInt8>) -> Int {
        if name.isEmpty { return -1 }
        let name = Array(name)
        if let known = producerIndices[name] { return known }
        producers.append(Producer(name: name))
        producerIndices[name] = producers.count - 1
        return producers.count - 1
    }

    private func firstIndex(from offset: Int) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func append(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: part)
        return start..<bytes.count
    }
}
