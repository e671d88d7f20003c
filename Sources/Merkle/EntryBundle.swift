/// Entries one after another, each after its length: the file of C2SP tlog-tiles that holds the
/// entries of a level-0 tile.
///
/// The length is two bytes, the most significant first.
public struct EntryBundle: Hashable, Sendable {
    /// The most bytes that an entry may have.
    public static let entryLimit = 65_535
    /// The most entries that a bundle may have.
    public static let countLimit = TileCoordinate.fullWidth

    /// The file as it is.
    public private(set) var bytes: [UInt8]
    /// Where the entries lie in `bytes`, in order.
    public private(set) var ranges: [Range<Int>]

    /// A bundle without entries.
    public init() {
        bytes = []
        ranges = []
    }

    /// Takes a file apart, or returns `nil` if it ends inside an entry or has more than 256.
    public init?(parsing bytes: [UInt8]) {
        var ranges: [Range<Int>] = []
        var place = 0
        while place < bytes.count {
            guard bytes.count - place >= 2, ranges.count < Self.countLimit else { return nil }
            let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
            place += 2
            guard bytes.count - place >= length else { return nil }
            ranges.append(place..<place + length)
            place += length
        }
        self.bytes = bytes
        self.ranges = ranges
    }

    /// The number of entries.
    public var count: Int { ranges.count }

    /// Appends an entry.
    ///
    /// - Parameter entry: Of any bytes.
    /// - Returns: Whether it was appended: not if it is longer than ``entryLimit``, or if the
    ///   bundle is full.
    public mutating func append(_ entry: Span<UInt8>) -> Bool {
        guard entry.count <= Self.entryLimit, count < Self.countLimit else { return false }
        bytes.reserveCapacity(bytes.count + 2 + entry.count)
        bytes.append(UInt8(entry.count >> 8))
        bytes.append(UInt8(entry.count & 0xFF))
        ranges.append(bytes.count..<bytes.count + entry.count)
        for index in entry.indices { bytes.append(entry[index]) }
        return true
    }

    /// The entries, copied.
    public var entries: [[UInt8]] { ranges.map { Array(bytes[$0]) } }
}
