public import Cryptography
import Merkle
import StreamsEmbedded

/// How far an embedded ledger is published: what readers may see, and what no start cuts.
public struct LedgerHead: Hashable, Sendable {
    /// The index with which the newest segment begins, and where in it the published frames end.
    public let segment: Int
    public let position: Int
    /// The number of entries, and the root over them.
    public let size: Int
    public let root: Digest
    /// The first offset of the event log that is not done.
    public let nextOffset: Int
    public let epoch: Int
    /// How many dead letters the ledger has made.
    public let letters: Int
    /// The newest checkpoint, a signed note.
    public let note: [UInt8]
    /// How many of the file's two slots are damaged: 0, or 1.
    public var damagedSlots = 0

    init(segment: Int, position: Int, record: LedgerRecord) {
        self.segment = segment
        self.position = position
        size = record.tree.size
        root = record.tree.root
        nextOffset = record.to
        epoch = record.epoch
        letters = record.letters
        note = record.note
    }

    /// Reads the head file.
    static func read(_ path: String) throws(StorageError) -> Self {
        let content = try DoubleSlotFile.read(path)
        guard var head = Self(content.record) else {
            throw .damaged(Damage(path: path, offset: 0, reason: "holds no head of a ledger"))
        }
        head.damagedSlots = content.damagedSlots.count
        return head
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [segment, position, size, nextOffset, epoch, letters] {
            bytes.appendInteger(UInt64(number))
        }
        bytes += root.bytes
        bytes.appendString(note)
        return bytes
    }

    private init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let segment = reader.count(UInt64.self), let position = reader.count(UInt64.self),
            let size = reader.count(UInt64.self), let nextOffset = reader.count(UInt64.self),
            let epoch = reader.count(UInt64.self), let letters = reader.count(UInt64.self),
            let digest = reader.bytes(Digest.byteCount), let note = reader.string(),
            reader.isAtEnd, segment <= size
        else { return nil }
        let copy = Array(digest)
        guard let root = Digest(copy.span) else { return nil }
        self.segment = segment
        self.position = position
        self.size = size
        self.nextOffset = nextOffset
        self.epoch = epoch
        self.letters = letters
        self.root = root
        self.note = note
    }
}
