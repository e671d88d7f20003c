import StreamsEmbedded

/// The derived list of where each frame of entries lies, for finding an entry by its index.
///
/// Three UInt64 a frame, little-endian: the index of its first entry, the index that its segment
/// begins with, and its place in the segment in bytes.
struct FrameList {
    static let recordSize = 24

    /// Where a frame of entries lies.
    struct Place: Equatable {
        let index: Int
        let segment: Int
        let position: Int
    }

    let file: File
    private(set) var count: Int

    init(_ file: File) throws(StorageError) {
        self.file = file
        count = try StorageError.wrap { () throws(FileError) in try file.size } / Self.recordSize
    }

    /// The record with this number, or `nil` if it cannot be one.
    func place(_ number: Int) throws(StorageError) -> Place? {
        var bytes: [UInt8] = []
        try StorageError.wrap { () throws(FileError) in
            _ = try file.read(Self.recordSize, at: number * Self.recordSize, into: &bytes)
        }
        var reader = ByteReader(bytes)
        guard let index = reader.count(UInt64.self), let segment = reader.count(UInt64.self),
            let position = reader.count(UInt64.self)
        else { return nil }
        return Place(index: index, segment: segment, position: position)
    }

    /// The frame that the entry lies in, if the list has come so far.
    func find(_ index: Int) throws(StorageError) -> Place? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            guard let place = try place(middle) else { return nil }
            if place.index <= index { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : try place(low - 1)
    }

    /// Forgets all frames of entries from `index` on, and what lies behind the last one before.
    mutating func cut(from index: Int) throws(StorageError) {
        while count > 0 {
            if let last = try place(count - 1), last.index < index { break }
            count -= 1
        }
        let size = count * Self.recordSize
        try StorageError.wrap { () throws(FileError) in try file.truncate(to: size) }
    }

    /// Returns when the list is durable.
    func sync() throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in try file.syncData() }
    }

    mutating func append(_ place: Place) throws(StorageError) {
        var bytes: [UInt8] = []
        for number in [place.index, place.segment, place.position] {
            bytes.appendInteger(UInt64(number))
        }
        let offset = count * Self.recordSize
        try StorageError.wrap { () throws(FileError) in try file.write(bytes.span, at: offset) }
        count += 1
    }
}
