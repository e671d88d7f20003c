/// How far a partition is durable: what readers may see, published in its file `end` after each sync.
///
/// The record in the two slots is, little-endian, UInt64 each: the end's offset, the number of the
/// newest segment, the end in bytes in that segment, letters so far, letters re-driven so far.
struct DurableEnd: Equatable, Sendable {
    /// The offset that the next record gets.
    var offset = 0
    /// The number that the newest segment begins with.
    var segment = 0
    /// Where in it the next frame begins.
    var position = 0
    var letters = 0
    var redriven = 0

    var record: [UInt8] {
        var bytes: [UInt8] = []
        for value in [offset, segment, position, letters, redriven] {
            bytes.appendInteger(UInt64(value))
        }
        return bytes
    }

    init(offset: Int, segment: Int, position: Int, letters: Int, redriven: Int) {
        self.offset = offset
        self.segment = segment
        self.position = position
        self.letters = letters
        self.redriven = redriven
    }

    init?(_ record: [UInt8]) {
        var reader = ByteReader(record)
        guard let offset = reader.count(UInt64.self), let segment = reader.count(UInt64.self),
            let position = reader.count(UInt64.self), let letters = reader.count(UInt64.self),
            let redriven = reader.count(UInt64.self), reader.isAtEnd, segment <= offset
        else { return nil }
        self.init(
            offset: offset,
            segment: segment,
            position: position,
            letters: letters,
            redriven: redriven
        )
    }

    /// Reads what is published at `path`, with the slots that are damaged.
    static func read(_ path: String) throws(StorageError) -> (DurableEnd, damagedSlots: [Int]) {
        let content = try DoubleSlotFile.read(path)
        return (try decode(content, path: path), content.damagedSlots)
    }

    static func decode(
        _ content: DoubleSlotFile.Content,
        path: String
    ) throws(StorageError) -> DurableEnd {
        guard let end = DurableEnd(content.record) else {
            throw .damaged(Damage(path: path, offset: 0, reason: "is no end of a log"))
        }
        return end
    }
}
