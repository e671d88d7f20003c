/// Records to be produced, as ranges of one arena.
///
/// Add bytes to ``bytes`` and say which of them are a record's key and value; or let
/// ``append(key:value:partition:)-(String?,_,_)`` add them.
public struct KafkaBatch: Sendable {
    struct Record: Sendable, BitwiseCopyable {
        var partition: Int32
        var keyStart: UInt32
        /// -1: no key.
        var keyCount: Int32
        var valueStart: UInt32
        /// -1: no value, a tombstone.
        var valueCount: Int32
        var firstHeader: UInt32
        var headerCount: UInt32
    }

    struct Header: Sendable, BitwiseCopyable {
        /// Where the name begins, in UTF-8 with a zero byte after it.
        var nameStart: UInt32
        var valueStart: UInt32
        var valueCount: UInt32
    }

    /// The arena; ranges already given must stay as they are.
    public var bytes: [UInt8] = []
    private(set) var records: [Record] = []
    private(set) var headers: [Header] = []
    /// The headers' names that are in the arena: a handful, looked through in order.
    private var names: [(name: String, start: UInt32)] = []

    public init() {}

    /// The number of records.
    public var count: Int { records.count }

    /// Adds a record whose parts lie in ``bytes``.
    ///
    /// - Parameters:
    ///   - key: `nil` for none; equal keys go to the same partition.
    ///   - value: `nil` for a tombstone.
    ///   - partition: `nil` to have it chosen by the key, as Java's client does.
    public mutating func append(key: Range<Int>?, value: Range<Int>?, partition: Int? = nil) {
        let end = max(key?.upperBound ?? 0, value?.upperBound ?? 0)
        precondition(end <= bytes.count && end <= Int(Int32.max), "a range outside of the arena")
        let record = Record(
            partition: partition.map { Int32(clamping: $0) } ?? -1,
            keyStart: UInt32(key?.lowerBound ?? 0),
            keyCount: key.map { Int32($0.count) } ?? -1,
            valueStart: UInt32(value?.lowerBound ?? 0),
            valueCount: value.map { Int32($0.count) } ?? -1,
            firstHeader: UInt32(headers.count),
            headerCount: 0
        )
        records.append(record)
    }

    /// Adds a record and its bytes.
    public mutating func append(
        key: String?,
        value: some Sequence<UInt8>,
        partition: Int? = nil
    ) {
        let keyRange = key.map { add($0.utf8) }
        append(key: keyRange, value: add(value), partition: partition)
    }

    /// Adds a header to the last record; its name holds no zero byte.
    public mutating func addHeader(_ name: String, _ value: some Sequence<UInt8>) {
        precondition(!records.isEmpty, "a header belongs to a record")
        precondition(!name.utf8.contains(0), "a header's name holds no zero byte")
        let nameStart = intern(name)
        let range = add(value)
        let header = Header(
            nameStart: nameStart,
            valueStart: UInt32(range.lowerBound),
            valueCount: UInt32(range.count)
        )
        headers.append(header)
        records[records.count - 1].headerCount += 1
    }

    /// Says of the last record which producer it comes from, and as which of its own, from 0.
    public mutating func addProducer(_ name: String, _ sequence: Int) {
        precondition(sequence >= 0, "sequences begin at 0")
        addHeader(KafkaHeaders.producer, name.utf8)
        addHeader(KafkaHeaders.sequence, String(sequence).utf8)
    }

    /// Empties the batch, and keeps its memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ added: some Sequence<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: added)
        return start..<bytes.count
    }

    private mutating func intern(_ name: String) -> UInt32 {
        if let known = names.first(where: { $0.name == name }) { return known.start }
        let start = UInt32(add(name.utf8).lowerBound)
        bytes.append(0)
        names.append((name, start))
        return start
    }
}
