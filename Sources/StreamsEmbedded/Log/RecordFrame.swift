import Streams

/// The payload of a frame of records.
///
/// The frame's count is the number of records, its base the offset of the first. Little-endian:
///
///     0   UInt32  number of producers
///     4   UInt32  number of journal entries
///     8   UInt32  length of all names
///     12  UInt32  length of all values
///     16  for each producer: UInt32 length of its name
///     ..  the names
///     ..  for each record: UInt32 length of its value, UInt32 producer (or 2^32 - 1: none),
///         Int64 sequence (-1: outside of one)
///     ..  the values
///     ..  the journal entries, see `JournalCoding`
///
/// Nothing in it says where in the log it lies, so that it can be put together before that is known.
struct RecordFrame {
    static let kind: UInt16 = 1
    /// The flag of frames whose journal holds letters.
    static let hasLetters: UInt16 = 1
    /// The flag of frames that have a journal.
    static let hasJournal: UInt16 = 2

    static let headerSize = 16
    static let entrySize = 16
    static let noProducer = UInt32.max

    let recordCount: Int
    let producerCount: Int
    let journalCount: Int
    /// Where the parts lie, in bytes from the payload's start.
    let nameLengths: Range<Int>
    let names: Range<Int>
    let index: Range<Int>
    let values: Range<Int>
    let journal: Range<Int>

    /// Finds the parts of `payload`, or returns `nil` if they do not fit.
    init?(_ payload: Span<UInt8>, count: Int) {
        guard payload.count >= Self.headerSize else { return nil }
        recordCount = count
        producerCount = Int(payload.integer(at: 0, as: UInt32.self))
        journalCount = Int(payload.integer(at: 4, as: UInt32.self))
        let namesCount = Int(payload.integer(at: 8, as: UInt32.self))
        let valuesCount = Int(payload.integer(at: 12, as: UInt32.self))
        nameLengths = Self.headerSize..<Self.headerSize + 4 * producerCount
        names = nameLengths.upperBound..<nameLengths.upperBound + namesCount
        index = names.upperBound..<names.upperBound + Self.entrySize * count
        values = index.upperBound..<index.upperBound + valuesCount
        guard values.upperBound <= payload.count else { return nil }
        journal = values.upperBound..<payload.count
    }

    /// Where each producer's name lies, or `nil` if the lengths are not right.
    func producerRanges(_ payload: Span<UInt8>) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(producerCount)
        var start = names.lowerBound
        for producer in 0..<producerCount {
            let at = nameLengths.lowerBound + 4 * producer
            let count = Int(payload.integer(at: at, as: UInt32.self))
            guard count <= names.upperBound - start else { return nil }
            ranges.append(start..<start + count)
            start += count
        }
        return start == names.upperBound ? ranges : nil
    }

    /// Appends the records as elements of a chunk.
    ///
    /// - Parameters:
    ///   - elements: Takes the records from `first` on.
    ///   - first: The first offset that is wanted.
    ///   - header: The frame's.
    ///   - payload: The frame's.
    ///   - start: Where the payload begins in the chunk's arena.
    /// - Returns: Whether lengths and producers are right.
    func append(
        to elements: inout [LogRecord],
        from first: Int,
        header: FrameHeader,
        payload: Span<UInt8>,
        at start: Int
    ) -> Bool {
        guard let producers = producerRanges(payload) else { return false }
        var value = start + values.lowerBound
        let end = start + values.upperBound
        for record in 0..<header.count {
            let entry = index.lowerBound + Self.entrySize * record
            let count = payload.integer(at: entry, as: UInt32.self)
            let producer = payload.integer(at: entry + 4, as: UInt32.self)
            let sequence = payload.integer(at: entry + 8, as: Int64.self)
            guard Int(count) <= end - value,
                producer == Self.noProducer || producer < producerCount
            else { return false }
            let name = producer == Self.noProducer ? 0..<0 : producers[Int(producer)]
            if header.base + record >= first {
                let element = LogRecord(
                    offset: header.base + record,
                    start: UInt32(value),
                    count: count,
                    producerStart: UInt32(start + name.lowerBound),
                    producerCount: UInt32(name.count),
                    sequence: Int(sequence)
                )
                elements.append(element)
            }
            value += Int(count)
        }
        return value == end
    }

    /// The journal, or `nil` if it is not right.
    func journalEntries(_ payload: Span<UInt8>) -> [JournalEntry]? {
        if journalCount == 0 { return journal.isEmpty ? [] : nil }
        var reader = ByteReader(Array(payload.extracting(journal)))
        var entries: [JournalEntry] = []
        for _ in 0..<journalCount {
            guard let entry = JournalEntry(&reader) else { return nil }
            // The record is the next one where the one that was sent again is in the log already.
            if case .redriven(_, let record) = entry, record > recordCount { return nil }
            entries.append(entry)
        }
        return reader.isAtEnd ? entries : nil
    }
}

extension [UInt8] {
    package init(_ span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
